// <file-drop> takes files and folders and sends them by STOW-RS, a few at a time.
const atOnce = 4;

/**
 * Lists the files of what was dropped, folders included.
 * @param {DataTransferItemList} items
 * @returns {Promise<File[]>}
 */
async function dropped(items) {
  /** @type {File[]} */
  const files = [];
  /** @param {FileSystemEntry} entry */
  const walk = async (entry) => {
    if (entry.isFile) {
      files.push(await new Promise((done, failed) => /** @type {FileSystemFileEntry} */ (entry).file(done, failed)));
      return;
    }
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    for (;;) {
      /** @type {FileSystemEntry[]} */
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (some.length === 0) return;
      for (const e of some) await walk(e);
    }
  };
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  for (const entry of entries) if (entry) await walk(entry);
  return files;
}

/** @param {any} answer @param {string} tag */
const items = (answer, tag) => answer?.[tag]?.Value ?? [];

/** Failure reasons of PS3.18 annex I and PS3.4 annex B in words. @param {number} code */
function reason(code) {
  if (code >= 0xa700 && code < 0xa800) return 'the server has no room';
  if (code >= 0xa900 && code < 0xaa00) return 'the object does not fit its class';
  if (code === 0x0122) return 'this kind of object is not accepted';
  if (code === 0xc122) return 'its transfer syntax is not accepted';
  if (code === 0x0110) return 'the server could not store it; the log says why';
  if (code >= 0xc000) return 'the file can not be read as a DICOM object';
  return code.toString(16).toUpperCase().padStart(4, '0');
}

class FileDrop extends HTMLElement {
  connectedCallback() {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, hidden: true });
    this.append(input);
    this.querySelector('button')?.addEventListener('click', () => input.click());
    input.addEventListener('change', () => this.take([...(input.files ?? [])]));
    this.addEventListener('dragover', (event) => { event.preventDefault(); this.classList.add('over'); });
    this.addEventListener('dragleave', () => this.classList.remove('over'));
    this.addEventListener('drop', async (event) => {
      event.preventDefault();
      this.classList.remove('over');
      if (event.dataTransfer) this.take(await dropped(event.dataTransfer.items));
    });
  }

  /** @param {File[]} files */
  async take(files) {
    const rows = document.querySelector('#upload-rows');
    if (!rows) {
      const list = document.createElement('div');
      list.innerHTML = '<p id="upload-count"></p><table><tbody id="upload-rows"></tbody></table>';
      this.after(list);
    }
    for (const id of ['upload-state', 'upload-sheet']) document.getElementById(id)?.removeAttribute('hidden');
    let done = 0, failed = 0;
    const count = () => {
      const place = document.getElementById('upload-count');
      if (place) place.textContent = `${done} / ${files.length}${failed ? `, ${failed} ✗` : ''}`;
    };
    count();
    const queue = [...files];
    const work = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        if (!await this.send(file)) failed++;
        done++;
        count();
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, work));
  }

  /** Sends one file and shows what became of it. @param {File} file */
  async send(file) {
    const boundary = `dgate${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
    const body = new Blob([`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, file, `\r\n--${boundary}--\r\n`]);
    let ok = false, text = '', link = '';
    try {
      const answer = await fetch(this.dataset.to ?? '', {
        method: 'POST', body,
        headers: { 'Content-Type': `multipart/related; type="application/dicom"; boundary=${boundary}`, Accept: 'application/dicom+json' },
      });
      const json = await answer.json().catch(() => null);
      const stored = items(json, '00081199'), refused = [...items(json, '00081198'), ...items(json, '0008119A')];
      ok = stored.length > 0 && refused.length === 0;
      link = (json?.['00081190']?.Value?.[0] ?? stored[0]?.['00081190']?.Value?.[0] ?? '').match(/\/studies\/([0-9.]+)/)?.[1] ?? '';
      if (ok) text = stored.length > 1 ? `stored, ${stored.length} objects` : 'stored';
      else if (refused.length) text = reason(refused[0]['00081197']?.Value?.[0] ?? 0xc000);
      else text = json?.detail ?? `${answer.status} ${answer.statusText}`;
    } catch (error) { text = `not sent: ${error instanceof Error ? error.message : error}`; }
    this.show(file, ok, text, link);
    return ok;
  }

  /** @param {File} file @param {boolean} ok @param {string} text @param {string} study */
  show(file, ok, text, study) {
    const row = document.createElement('tr');
    const name = document.createElement('td'), result = document.createElement('td'), open = document.createElement('td');
    name.textContent = file.webkitRelativePath || file.name;
    const tag = document.createElement('span');
    tag.className = `tag ${ok ? 'good' : 'bad'}`;
    tag.textContent = text;
    result.append(tag);
    if (study) {
      const link = document.createElement('a');
      link.href = `/ui/studies/${study}`;
      link.textContent = '→';
      open.append(link);
    }
    row.append(name, result, open);
    document.getElementById('upload-rows')?.[ok ? 'append' : 'prepend'](row);
  }
}
customElements.define('file-drop', FileDrop);
