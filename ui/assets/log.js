// <live-log> shows the lines of the server as they come, without slowing the page.
const kept = 5000;

class LiveLog extends HTMLElement {
  /** @type {{time: string, text: string, bad: boolean}[]} */
  waiting = [];
  drawing = false;

  connectedCallback() {
    this.scrollTop = this.scrollHeight;
    const source = new EventSource(this.dataset.from ?? '');
    source.onmessage = (event) => { this.waiting.push(...JSON.parse(event.data)); this.draw(); };
    this.source = source;
    this.filter = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-log-filter]'));
    this.only = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-log-bad]'));
    this.pause = document.querySelector('[data-log-pause]');
    this.filter?.addEventListener('input', () => this.sift());
    this.only?.addEventListener('change', () => this.sift());
    this.pause?.addEventListener('click', () => {
      this.pause?.setAttribute('aria-pressed', String(!this.paused()));
      this.draw();
    });
  }

  disconnectedCallback() { this.source?.close(); }

  paused() { return this.pause?.getAttribute('aria-pressed') === 'true'; }

  /** @param {HTMLElement} line */
  hides(line) {
    const word = this.filter?.value.toLowerCase() ?? '';
    return Boolean(this.only?.checked) && !line.classList.contains('bad') || word !== '' && !line.textContent?.toLowerCase().includes(word);
  }

  sift() { for (const line of this.children) /** @type {HTMLElement} */ (line).hidden = this.hides(/** @type {HTMLElement} */ (line)); }

  draw() {
    if (this.drawing || this.paused()) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      const lines = this.waiting.splice(0, 1000);
      const end = this.scrollHeight - this.scrollTop - this.clientHeight < 40;
      const fresh = document.createDocumentFragment();
      for (const { time, text, bad } of lines) {
        const line = document.createElement('div'), at = document.createElement('time');
        at.textContent = time;
        line.append(at, text);
        if (bad) line.className = 'bad';
        line.hidden = this.hides(line);
        fresh.append(line);
      }
      this.append(fresh);
      while (this.childElementCount > kept) this.firstElementChild?.remove();
      if (end) this.scrollTop = this.scrollHeight;
      if (this.waiting.length) this.draw();
    });
  }
}
customElements.define('live-log', LiveLog);
