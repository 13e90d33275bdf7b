// What all pages share: instant search, keys, dialogs, parts that renew themselves.
import './upload.js';
import './log.js';
import './link.js';

/** @param {string} selector */
const one = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector));
/** @param {string} selector */
const all = (selector) => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)]);

/**
 * Fetches the part of a page that the server renders for an address.
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentFragment>}
 */
async function part(address, signal) {
  const answer = await fetch(address, { headers: { 'X-Part': '1', Accept: 'text/html' }, signal });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`${answer.status}`);
  const template = document.createElement('template');
  template.innerHTML = await answer.text();
  return template.content;
}

// Instant search: the answer to the last key stands, older ones are dropped.
let running = new AbortController();
let timer = 0;

async function search() {
  running.abort();
  running = new AbortController();
  const query = new URLSearchParams();
  for (const input of all('form[data-swap] input, [form=filters]')) {
    const { name, value } = /** @type {HTMLInputElement} */ (input);
    if (name && value) query.set(name, value);
  }
  const address = `/ui/studies?${query}`;
  try {
    const fresh = await part(address, running.signal);
    const rows = fresh.querySelector('#rows');
    const old = one('#rows');
    if (!rows || !old) return location.assign(address);
    old.replaceWith(rows);
    const count = fresh.querySelector('#count');
    if (count) one('#count')?.replaceChildren(...count.childNodes);
    history.replaceState(null, '', address);
    watchNext();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

for (const form of all('form[data-swap]')) {
  form.addEventListener('submit', (event) => { event.preventDefault(); search(); });
}
for (const input of all('form[data-swap] input, [form=filters]')) {
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(search, 150); });
}

// Further rows come when the end of the list comes into view.
const ahead = new IntersectionObserver(async (entries) => {
  for (const entry of entries) {
    const row = /** @type {HTMLElement} */ (entry.target);
    if (!entry.isIntersecting || !row.dataset.next) continue;
    ahead.unobserve(row);
    const fresh = await part(row.dataset.next);
    row.replaceWith(...(fresh.querySelector('#rows')?.children ?? []));
    watchNext();
  }
}, { rootMargin: '600px' });
function watchNext() { for (const row of all('[data-next]')) ahead.observe(row); }
watchNext();

// A click anywhere in a row opens it.
document.addEventListener('click', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const row = /** @type {HTMLElement | null} */ (target.closest('tr[data-href]'));
  if (row && !target.closest('a, button, input') && !getSelection()?.toString()) location.assign(row.dataset.href ?? '');
  const opener = /** @type {HTMLElement | null} */ (target.closest('[data-open]'));
  if (opener) /** @type {HTMLDialogElement} */ (one('#' + opener.dataset.open)).showModal();
  if (target.closest('[data-close]')) target.closest('dialog')?.close();
});

// Keys of lists and pages.
document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === 'Escape' && target instanceof HTMLInputElement) return target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, dialog[open]')) return;
  const rows = all('table[data-list] tbody tr[data-href]');
  const at = rows.findIndex((row) => row.classList.contains('here'));
  /** @param {number} to */
  const go = (to) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (!next) return;
    rows[at]?.classList.remove('here');
    next.classList.add('here');
    next.scrollIntoView({ block: 'nearest' });
  };
  switch (event.key) {
    case '/': event.preventDefault(); one('#q')?.focus(); break;
    case '?': /** @type {HTMLDialogElement | null} */ (one('#keys'))?.showModal(); break;
    case 'j': go(at + 1); break;
    case 'k': go(at - 1); break;
    case 'Enter': if (rows[at]) location.assign(rows[at].dataset.href ?? ''); break;
    case 'v': {
      const there = rows[at]?.dataset.view ?? one('[data-key=v]')?.getAttribute('href');
      if (there) location.assign(there);
    }
  }
});

// Parts that renew themselves while somebody looks.
for (const element of all('[data-refresh]')) {
  const id = element.id;
  const renew = async () => {
    const now = one('#' + id);
    if (!now?.dataset.refresh) return;
    if (!document.hidden && !now.contains(document.activeElement)) {
      try {
        const fresh = (await part(location.pathname + location.search)).querySelector('#' + id);
        if (fresh) now.replaceWith(fresh);
      } catch { /* the server is away: the next round tries again */ }
    }
    const next = Number(one('#' + id)?.dataset.refresh);
    if (next) setTimeout(renew, next);
  };
  setTimeout(renew, Number(element.dataset.refresh));
}

// The table of attributes shows the lines that have the word.
for (const input of all('[data-filter]')) {
  input.addEventListener('input', () => {
    const word = /** @type {HTMLInputElement} */ (input).value.toLowerCase();
    for (const row of all(`#${input.dataset.filter} tbody tr`)) row.hidden = word !== '' && !row.textContent?.toLowerCase().includes(word);
  });
}

// Pictures that can not be had leave their place black instead of broken.
document.addEventListener('error', (event) => {
  if (event.target instanceof HTMLImageElement) event.target.style.visibility = 'hidden';
}, true);

for (const image of document.images) if (image.complete && image.naturalWidth === 0) image.style.visibility = 'hidden';

// Echo of one AE, or of all.
/** @param {HTMLElement} button */
async function echo(button) {
  const cell = button.closest('tr')?.querySelector('.answer');
  if (!cell) return;
  cell.textContent = '…';
  try {
    const answer = await (await fetch(`/ui/aes/${encodeURIComponent(button.dataset.echo ?? '')}/echo`, { method: 'POST' })).json();
    cell.textContent = answer.ok ? `${answer.ms} ms` : answer.error ?? answer.detail;
    cell.className = answer.ok ? 'answer tag good' : 'answer tag bad';
  } catch (error) { cell.textContent = String(error); }
}
for (const button of all('[data-echo]')) button.addEventListener('click', () => echo(button));
one('#echo-all')?.addEventListener('click', () => all('[data-echo]').forEach(echo));

one('#theme')?.addEventListener('click', () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === 'dark';
  document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('theme', dark ? 'light' : 'dark');
});
one('#lang')?.addEventListener('click', () => {
  document.cookie = `dgate_lang=${document.documentElement.lang === 'de' ? 'en' : 'de'}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
});
