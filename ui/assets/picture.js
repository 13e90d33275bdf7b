// A frame: raw samples as the server sends them, and how they become grey or colour.

/** @param {any} object @param {string} tag */
const values = (object, tag) => object?.[tag]?.Value ?? [];

/** The body of the only part of a multipart answer. @param {Uint8Array} data @param {string} type */
function onlyPart(data, type) {
  const boundary = /boundary="?([^";]+)/i.exec(type)?.[1];
  if (!boundary) return data;
  const find = (/** @type {number[]} */ bytes, /** @type {number} */ from) => {
    outer: for (let i = from; i <= data.length - bytes.length; i++) {
      for (let k = 0; k < bytes.length; k++) if (data[i + k] !== bytes[k]) continue outer;
      return i;
    }
    return -1;
  };
  const begin = find([13, 10, 13, 10], 0) + 4;
  const end = data.length - boundary.length - 8; // CRLF -- boundary -- CRLF
  return data.subarray(begin, Math.max(begin, end));
}

/** The functional group of a frame that has a macro. @param {any} meta @param {number} frame @param {string} macro */
function group(meta, frame, macro) {
  const own = values(meta, '52009230')[frame - 1]?.[macro];
  const shared = values(meta, '52009229')[0]?.[macro];
  return (own ?? shared)?.Value?.[0];
}

export class Picture {
  /** @param {any} meta @param {number} frame @param {Uint8Array} data */
  constructor(meta, frame, data) {
    const number = (/** @type {string} */ tag, /** @type {number} */ other) => Number(values(meta, tag)[0] ?? other);
    this.meta = meta;
    this.frame = frame;
    this.rows = number('00280010', 0);
    this.columns = number('00280011', 0);
    this.samples = number('00280002', 1);
    this.planar = number('00280006', 0) === 1 && this.samples > 1;
    this.photometric = String(values(meta, '00280004')[0] ?? 'MONOCHROME2');
    this.grey = this.samples === 1 && this.photometric !== 'PALETTE COLOR';
    const allocated = number('00280100', 8), stored = number('00280101', allocated), signed = number('00280103', 0) === 1;
    const transform = group(meta, frame, '00289145') ?? meta;
    this.slope = Number(values(transform, '00281053')[0] ?? 1);
    this.intercept = Number(values(transform, '00281052')[0] ?? 0);
    const measures = group(meta, frame, '00289110') ?? meta;
    const spacing = values(measures, '00280030').length === 2 ? values(measures, '00280030') : values(meta, '00181164');
    this.spacing = spacing.length === 2 ? spacing.map(Number) : null;
    const ratio = values(meta, '00280034').map(Number);
    this.aspect = this.spacing ? this.spacing[0] / this.spacing[1] : ratio.length === 2 && ratio[1] ? ratio[0] / ratio[1] : 1;
    const count = this.rows * this.columns * this.samples;
    if (allocated === 1) {
      this.data = new Uint8Array(count);
      for (let i = 0; i < count; i++) this.data[i] = data[i >> 3] >> (i & 7) & 1;
    } else if (allocated <= 8) {
      this.data = signed ? new Int8Array(data.buffer, data.byteOffset, Math.min(count, data.length)) : data.subarray(0, count);
    } else {
      const size = allocated <= 16 ? 2 : 4;
      const copy = data.slice(0, count * size);
      const kind = size === 2 ? signed ? Int16Array : Uint16Array : signed ? Int32Array : Uint32Array;
      this.data = new kind(copy.buffer, 0, Math.floor(copy.length / size));
      const spare = size * 8 - stored;
      if (spare > 0) for (let i = 0; i < this.data.length; i++) this.data[i] = signed ? this.data[i] << spare + (32 - size * 8) >> spare + (32 - size * 8) : this.data[i] & (2 ** stored - 1);
    }
  }

  /** @param {{meta: any, frame: number, address: string}} from @returns {Promise<Picture>} */
  static async load({ meta, frame, address }) {
    const photometric = String(values(meta, '00280004')[0] ?? '');
    if (photometric === 'PALETTE COLOR' || photometric.startsWith('YBR')) return Picture.rendered(meta, frame, address);
    const answer = await fetch(`${address}/frames/${frame}`, { headers: { Accept: 'application/octet-stream, multipart/related; type="application/octet-stream"; q=0.5' } });
    if (!answer.ok) return Picture.rendered(meta, frame, address);
    const type = answer.headers.get('Content-Type') ?? '';
    const data = new Uint8Array(await answer.arrayBuffer());
    return new Picture(meta, frame, type.startsWith('multipart/') ? onlyPart(data, type) : data);
  }

  /** A frame that the server draws: colours of palettes and of luminance. @param {any} meta @param {number} frame @param {string} address */
  static async rendered(meta, frame, address) {
    const answer = await fetch(`${address}/frames/${frame}/rendered`, { headers: { Accept: 'image/png, image/jpeg;q=0.5' } });
    if (!answer.ok) throw new Error(`frame ${frame}: ${answer.status}`);
    const bitmap = await createImageBitmap(await answer.blob());
    const canvas = document.createElement('canvas');
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const rgb = new Uint8Array(bitmap.width * bitmap.height * 3);
    for (let i = 0, k = 0; i < rgba.length; i += 4) { rgb[k++] = rgba[i]; rgb[k++] = rgba[i + 1]; rgb[k++] = rgba[i + 2]; }
    const plain = { ...meta, '00280002': { Value: [3] }, '00280004': { Value: ['RGB'] }, '00280006': { Value: [0] }, '00280100': { Value: [8] }, '00280101': { Value: [8] }, '00280103': { Value: [0] }, '00280010': { Value: [bitmap.height] }, '00280011': { Value: [bitmap.width] } };
    return new Picture(plain, frame, rgb);
  }

  /** The stored value under a point, with the modality's rescale. @param {number} x @param {number} y */
  valueAt(x, y) {
    const i = y * this.columns + x;
    if (this.samples === 1) return Math.round((this.data[i] * this.slope + this.intercept) * 100) / 100;
    const size = this.rows * this.columns;
    return [0, 1, 2].map((k) => this.planar ? this.data[k * size + i] : this.data[i * this.samples + k]).join(' ');
  }

  /** The lowest and highest value. */
  range() {
    let lo = Infinity, hi = -Infinity;
    for (const v of this.data) { if (v < lo) lo = v; if (v > hi) hi = v; }
    const a = lo * this.slope + this.intercept, b = hi * this.slope + this.intercept;
    return [Math.min(a, b), Math.max(a, b)];
  }
}

/** Window of the object or its frame, else the whole range. @param {Picture} p @returns {[number, number]} */
export function fromObject(p) {
  const voi = group(p.meta, p.frame, '00289132') ?? p.meta;
  const center = Number(values(voi, '00281050')[0]), width = Number(values(voi, '00281051')[0]);
  if (width >= 1 && !Number.isNaN(center)) return [center, width];
  const [lo, hi] = p.range();
  return [(lo + hi + 1) / 2, Math.max(1, hi - lo + 1)];
}

/** Grey of each stored value, made anew for each window. */
let table = new Uint8ClampedArray(0);

/**
 * Fills an image with a picture under a window (PS3.3 C.11.2.1.2.1).
 * @param {Picture} p @param {number} center @param {number} width @param {boolean} inverted @param {ImageData} out
 */
export function lut(p, center, width, inverted, out) {
  const to = new Uint32Array(out.data.buffer), data = p.data, n = p.rows * p.columns;
  if (!p.grey) {
    const flip = inverted ? 0xffffff : 0;
    for (let i = 0; i < n; i++) {
      const r = p.planar ? data[i] : data[i * 3], g = p.planar ? data[n + i] : data[i * 3 + 1], b = p.planar ? data[2 * n + i] : data[i * 3 + 2];
      to[i] = (0xff000000 | b << 16 | g << 8 | r) ^ flip;
    }
    return;
  }
  const flip = inverted !== (p.photometric === 'MONOCHROME1');
  const low = center - 0.5 - (width - 1) / 2, gain = 255 / Math.max(width - 1, 1e-6);
  const grey = (/** @type {number} */ v) => {
    const g = (v * p.slope + p.intercept - low) * gain;
    return flip ? 255 - g : g;
  };
  if (data.BYTES_PER_ELEMENT > 2) {
    for (let i = 0; i < n; i++) { const g = Math.max(0, Math.min(255, grey(data[i]))); to[i] = 0xff000000 | g << 16 | g << 8 | g; }
    return;
  }
  const size = 1 << 8 * data.BYTES_PER_ELEMENT, signed = data instanceof Int16Array || data instanceof Int8Array, half = signed ? size / 2 : 0;
  if (table.length !== size) table = new Uint8ClampedArray(size);
  for (let i = 0; i < size; i++) table[i] = grey(i - half);
  for (let i = 0; i < n; i++) { const g = table[data[i] + half]; to[i] = 0xff000000 | g << 16 | g << 8 | g; }
}
