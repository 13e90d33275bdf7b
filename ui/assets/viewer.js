// The quick viewer: frames come raw and are windowed here.
import { Picture, lut, fromObject } from './picture.js';

const web = document.body.dataset.web ?? '/dicom-web';
const study = document.body.dataset.study ?? '';
const ahead = 6;   // frames fetched before they are asked for
const kept = 400;  // decoded frames kept

/** @param {any} object @param {string} tag */
const value = (object, tag) => object?.[tag]?.Value?.[0];

/** A series as a list of frames. */
class Stack {
  /** @param {string} uid */
  constructor(uid) {
    this.uid = uid;
    /** @type {{meta: any, frame: number, address: string}[]} */
    this.frames = [];
    /** @type {Map<number, Promise<Picture>>} */
    this.pictures = new Map();
  }

  async load() {
    const answer = await fetch(`${web}/studies/${study}/series/${this.uid}/metadata`, { headers: { Accept: 'application/dicom+json' } });
    if (!answer.ok) throw new Error(`metadata: ${answer.status}`);
    const list = await answer.json();
    list.sort((/** @type {any} */ a, /** @type {any} */ b) => (value(a, '00200013') ?? 0) - (value(b, '00200013') ?? 0));
    for (const meta of list) {
      if (!meta['7FE00010'] || !value(meta, '00280010')) continue;
      const count = Number(value(meta, '00280008') ?? 1);
      const base = `${web}/studies/${study}/series/${this.uid}/instances/${value(meta, '00080018')}`;
      for (let frame = 1; frame <= count; frame++) this.frames.push({ meta, frame, address: base });
    }
    return this;
  }

  /** @param {number} i @returns {Promise<Picture>} */
  get(i) {
    let picture = this.pictures.get(i);
    if (!picture) {
      picture = Picture.load(this.frames[i]);
      picture.catch(() => this.pictures.delete(i));
      this.pictures.set(i, picture);
      if (this.pictures.size > kept) this.pictures.delete(/** @type {number} */ (this.pictures.keys().next().value));
    }
    return picture;
  }

  /** Fetches what is likely to be seen next. @param {number} i @param {number} by */
  prefetch(i, by) {
    for (let n = 1; n <= ahead; n++) {
      const at = i + n * (by < 0 ? -1 : 1);
      if (at >= 0 && at < this.frames.length) this.get(at).catch(() => {});
    }
  }
}

class DicomViewer extends HTMLElement {
  canvas = document.createElement('canvas');
  image = document.createElement('canvas');
  /** @type {Record<string, HTMLElement>} */
  corners = {};
  /** @type {Stack | null} */
  stack = null;
  /** @type {Picture | null} */
  picture = null;
  index = 0;
  /** @type {{kind: string, points: {x: number, y: number}[], frame: number}[]} */
  marks = [];
  /** @type {{x: number, y: number, kind: string} | null} */
  drag = null;
  /** @type {ImageData | null} */
  pixels = null;
  center = NaN;
  width = NaN;
  zoom = 1;
  x = 0;
  y = 0;
  inverted = false;
  waits = false;
  under = '';

  connectedCallback() {
    this.tabIndex = 0;
    this.append(this.canvas);
    for (const corner of ['tl', 'tr', 'bl', 'br']) {
      this.corners[corner] = Object.assign(document.createElement('div'), { className: `corner ${corner}` });
      this.append(this.corners[corner]);
    }
    this.reset();
    new ResizeObserver(() => this.draw()).observe(this);
    this.addEventListener('pointerdown', (e) => this.down(e));
    this.addEventListener('pointermove', (e) => this.move(e));
    this.addEventListener('pointerup', () => { this.drag = null; });
    this.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
    this.addEventListener('contextmenu', (e) => e.preventDefault());
  }

  reset() {
    this.center = this.width = NaN;
    this.zoom = 1;
    this.x = this.y = 0;
    this.inverted = false;
    this.marks = [];
  }

  /** @param {Stack} stack */
  async open(stack) {
    this.stack = stack;
    this.picture = null;
    this.reset();
    await this.show(Math.floor(stack.frames.length / 2) * (stack.frames.length > 3 ? 1 : 0));
  }

  /** @param {number} i */
  async show(i) {
    const stack = this.stack;
    if (!stack || stack.frames.length === 0) return this.say('no pictures in this series');
    const by = i - this.index;
    this.index = Math.max(0, Math.min(stack.frames.length - 1, i));
    const wanted = this.index;
    try {
      const picture = await stack.get(wanted);
      if (stack !== this.stack || wanted !== this.index) return;
      this.picture = picture;
      if (Number.isNaN(this.center)) [this.center, this.width] = fromObject(picture);
      this.paint();
      stack.prefetch(wanted, by);
    } catch (error) { this.say(String(error instanceof Error ? error.message : error)); }
  }

  /** @param {string} text */
  say(text) { this.corners.tl.textContent = text; }

  /** Windows the frame into its own canvas. */
  paint() {
    const p = this.picture;
    if (!p) return;
    const begun = performance.now();
    if (this.image.width !== p.columns || this.image.height !== p.rows) { this.image.width = p.columns; this.image.height = p.rows; }
    const context = /** @type {CanvasRenderingContext2D} */ (this.image.getContext('2d'));
    if (!this.pixels || this.pixels.width !== p.columns || this.pixels.height !== p.rows) this.pixels = context.createImageData(p.columns, p.rows);
    lut(p, this.center, this.width, this.inverted, this.pixels);
    context.putImageData(this.pixels, 0, 0);
    this.dataset.paint = (performance.now() - begun).toFixed(1);
    this.draw();
  }

  /** How picture points lie on the screen. */
  view() {
    const p = /** @type {Picture} */ (this.picture);
    const w = this.clientWidth, h = this.clientHeight, tall = p.aspect;
    const scale = Math.min(w / p.columns, h / (p.rows * tall)) * this.zoom;
    return { scale, tall, left: w / 2 + this.x - p.columns * scale / 2, top: h / 2 + this.y - p.rows * tall * scale / 2 };
  }

  draw() {
    const canvas = this.canvas, p = this.picture;
    const dpr = devicePixelRatio;
    canvas.width = Math.round(this.clientWidth * dpr);
    canvas.height = Math.round(this.clientHeight * dpr);
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    if (!p) return;
    const v = this.view();
    c.scale(dpr, dpr);
    c.imageSmoothingEnabled = v.scale < 3;
    c.drawImage(this.image, v.left, v.top, p.columns * v.scale, p.rows * v.tall * v.scale);
    this.drawMarks(c, v);
    this.label();
  }

  /** @param {CanvasRenderingContext2D} c @param {{scale: number, tall: number, left: number, top: number}} v */
  drawMarks(c, v) {
    c.strokeStyle = c.fillStyle = '#ffd166';
    c.lineWidth = 1.5;
    c.font = '13px system-ui';
    for (const mark of this.marks) {
      if (mark.frame !== this.index || mark.points.length < 2) continue;
      const on = mark.points.map((q) => ({ x: v.left + q.x * v.scale, y: v.top + q.y * v.scale * v.tall }));
      c.beginPath();
      on.forEach((q, i) => i ? c.lineTo(q.x, q.y) : c.moveTo(q.x, q.y));
      c.stroke();
      const last = on[on.length - 1];
      c.fillText(this.measure(mark), last.x + 8, last.y - 6);
    }
  }

  /** @param {{kind: string, points: {x: number, y: number}[]}} mark */
  measure({ kind, points: [a, b, d] }) {
    const p = /** @type {Picture} */ (this.picture);
    const [dy, dx] = p.spacing ?? [p.aspect, 1];
    if (kind === 'length') {
      const n = Math.hypot((b.x - a.x) * dx, (b.y - a.y) * dy);
      return p.spacing ? `${n.toFixed(1)} mm` : `${n.toFixed(0)} px`;
    }
    if (!d) return '';
    const turn = Math.atan2((a.y - b.y) * dy, (a.x - b.x) * dx) - Math.atan2((d.y - b.y) * dy, (d.x - b.x) * dx);
    const degrees = Math.abs(turn * 180 / Math.PI);
    return `${(degrees > 180 ? 360 - degrees : degrees).toFixed(1)}°`;
  }

  label() {
    const p = this.picture, stack = this.stack;
    if (!p || !stack) return;
    const m = p.meta;
    const name = Object.values(value(m, '00100010') ?? {})[0] ?? '';
    this.corners.tl.textContent = `${String(name).replaceAll('^', ' ')}\n${value(m, '00100020') ?? ''}`;
    this.corners.tr.textContent = `${value(m, '0008103E') ?? ''}\n${value(m, '00080020') ?? ''} ${value(m, '00080060') ?? ''}`;
    this.corners.bl.textContent = `${this.index + 1} / ${stack.frames.length}\n${value(m, '00201041') !== undefined ? `${value(m, '00201041')} mm` : ''}`;
    this.corners.br.textContent = p.grey ? `C ${Math.round(this.center)} W ${Math.round(this.width)}${this.under}` : this.under;
  }

  /** @param {PointerEvent} e */
  point(e) {
    const box = this.getBoundingClientRect(), v = this.view();
    return { x: (e.clientX - box.left - v.left) / v.scale, y: (e.clientY - box.top - v.top) / (v.scale * v.tall) };
  }

  /** @param {PointerEvent} e */
  down(e) {
    activate(this);
    if (!this.picture) return;
    this.setPointerCapture(e.pointerId);
    const kind = e.button === 2 ? 'zoom' : e.button === 1 ? 'pan' : tool;
    if (kind === 'length' || kind === 'angle') {
      const open = this.marks[this.marks.length - 1];
      if (kind === 'angle' && open?.kind === 'angle' && open.points.length === 2 && open.frame === this.index) {
        open.points.push(this.point(e));
      } else {
        const at = this.point(e);
        this.marks.push({ kind, points: [at, at], frame: this.index });
      }
    }
    this.drag = { x: e.clientX, y: e.clientY, kind };
  }

  /** @param {PointerEvent} e */
  move(e) {
    const p = this.picture;
    if (!p) return;
    if (!this.drag) {
      const at = this.point(e), x = Math.floor(at.x), y = Math.floor(at.y);
      const inside = x >= 0 && y >= 0 && x < p.columns && y < p.rows;
      this.under = inside ? `\n${x}, ${y}: ${p.valueAt(x, y)}` : '';
      return this.label();
    }
    const dx = e.clientX - this.drag.x, dy = e.clientY - this.drag.y;
    this.drag.x = e.clientX;
    this.drag.y = e.clientY;
    switch (this.drag.kind) {
      case 'window': {
        const step = Math.max(0.1, this.width / 300);
        this.width = Math.max(1, this.width + dx * step);
        this.center += dy * step;
        return this.later();
      }
      case 'zoom': this.zoom = Math.max(0.1, Math.min(40, this.zoom * Math.exp(-dy / 150))); break;
      case 'pan': this.x += dx; this.y += dy; break;
      default: {
        const mark = this.marks[this.marks.length - 1];
        mark.points[mark.points.length - 1] = this.point(e);
      }
    }
    this.draw();
  }

  /** Paints once a screen frame, however quickly the mouse moves. */
  later() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => { this.waits = false; this.paint(); });
  }

  /** @param {WheelEvent} e */
  wheel(e) {
    e.preventDefault();
    activate(this);
    if (e.ctrlKey) { this.zoom = Math.max(0.1, Math.min(40, this.zoom * Math.exp(-e.deltaY / 200))); return this.draw(); }
    this.show(this.index + Math.sign(e.deltaY));
  }
}
customElements.define('dicom-viewer', DicomViewer);

let tool = 'window';
/** @type {DicomViewer | null} */
let active = null;
let cine = 0;
/** @type {Map<string, Promise<Stack>>} */
const stacks = new Map();
const panes = /** @type {HTMLElement} */ (document.getElementById('panes'));

/** @param {DicomViewer} pane */
function activate(pane) {
  active = pane;
  for (const other of panes.children) other.classList.toggle('on', other === pane);
  for (const button of document.querySelectorAll('[data-series]')) {
    button.setAttribute('aria-current', String(/** @type {HTMLElement} */ (button).dataset.series === pane.stack?.uid));
  }
}

/** @param {string} uid */
function stack(uid) {
  let s = stacks.get(uid);
  if (!s) { s = new Stack(uid).load(); stacks.set(uid, s); s.catch(() => stacks.delete(uid)); }
  return s;
}

/** @param {DicomViewer} pane @param {string} uid */
async function open(pane, uid) {
  try { await pane.open(await stack(uid)); } catch (error) { pane.say(String(error)); }
  activate(pane);
}

/** @param {number} n */
function layout(n) {
  panes.className = `panes p${n}`;
  while (panes.childElementCount > n) panes.lastElementChild?.remove();
  while (panes.childElementCount < n) panes.append(document.createElement('dicom-viewer'));
  for (const b of document.querySelectorAll('[data-layout]')) b.setAttribute('aria-pressed', String(/** @type {HTMLElement} */ (b).dataset.layout === String(n)));
  const list = series();
  [...panes.children].forEach((pane, i) => {
    const viewer = /** @type {DicomViewer} */ (pane);
    if (!viewer.stack && list[i]) open(viewer, list[i]);
  });
  if (!active?.isConnected) activate(/** @type {DicomViewer} */ (panes.firstElementChild));
}

const series = () => {
  const list = [...document.querySelectorAll('[data-series]')].map((b) => /** @type {HTMLElement} */ (b).dataset.series ?? '');
  const first = new URLSearchParams(location.search).get('series');
  return first && list.includes(first) ? [first, ...list.filter((u) => u !== first)] : list;
};

/** @param {string} name */
function choose(name) {
  tool = name;
  for (const b of document.querySelectorAll('[data-tool]')) b.setAttribute('aria-pressed', String(/** @type {HTMLElement} */ (b).dataset.tool === name));
}

/** @param {string} what */
function act(what) {
  if (!active) return;
  if (what === 'invert') { active.inverted = !active.inverted; active.paint(); }
  if (what === 'reset') { active.reset(); active.show(active.index); }
  if (what === 'cine') {
    const button = document.querySelector('[data-do=cine]');
    if (cine) { clearInterval(cine); cine = 0; } else {
      const rate = Number(value(active.picture?.meta, '00180040') ?? value(active.picture?.meta, '00082144') ?? 15);
      cine = setInterval(() => {
        if (active?.stack) active.show((active.index + 1) % active.stack.frames.length);
      }, 1000 / Math.max(1, Math.min(60, rate)));
    }
    button?.setAttribute('aria-pressed', String(cine !== 0));
  }
}

/** @param {string} preset */
function window_(preset) {
  const p = active?.picture;
  if (!active || !p || !preset) return;
  if (preset === 'object') [active.center, active.width] = fromObject(p);
  else if (preset === 'minmax') { const [lo, hi] = p.range(); active.center = (lo + hi + 1) / 2; active.width = Math.max(1, hi - lo + 1); }
  else [active.center, active.width] = preset.split(',').map(Number);
  active.paint();
}

document.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button'));
  if (!button) return;
  const { tool: name, do: what, layout: n, series: uid } = button.dataset;
  if (name) choose(name);
  if (what) act(what);
  if (n) layout(Number(n));
  if (uid && active) open(active, uid);
});
document.getElementById('preset')?.addEventListener('change', (event) => {
  const select = /** @type {HTMLSelectElement} */ (event.target);
  window_(select.value);
  select.value = '';
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.target instanceof HTMLSelectElement || !active) return;
  const tools = { w: 'window', z: 'zoom', p: 'pan', l: 'length', a: 'angle' };
  const keys = { i: 'invert', r: 'reset', ' ': 'cine' };
  const key = event.key.toLowerCase();
  if (key in tools) choose(tools[/** @type {keyof typeof tools} */ (key)]);
  else if (key in keys) { event.preventDefault(); act(keys[/** @type {keyof typeof keys} */ (key)]); }
  else if (key === '1' || key === '2' || key === '4') layout(Number(key));
  else if (['arrowdown', 'arrowright', 'pagedown'].includes(key)) active.show(active.index + (key === 'pagedown' ? 10 : 1));
  else if (['arrowup', 'arrowleft', 'pageup'].includes(key)) active.show(active.index - (key === 'pageup' ? 10 : 1));
  else if (key === 'home') active.show(0);
  else if (key === 'end') active.show((active.stack?.frames.length ?? 1) - 1);
  else if (key === 'escape') location.assign(`/ui/studies/${study}`);
});

layout(1);
