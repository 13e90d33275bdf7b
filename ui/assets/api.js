// The REST interface of the server, and tables that are filled from it.

/** An answer of the server that is none of success. */
export class Refusal extends Error {
  /** @param {number} status @param {string} text */
  constructor(status, text) { super(text); this.status = status; }
}

/**
 * Calls the interface; the body of the answer, or null where it has none.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, headers = {}) {
  return (await answer(method, path, body, headers)).data;
}

/**
 * The same with the headers of the answer.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<{data: any, headers: Headers}>}
 */
export async function answer(method, path, body, headers = {}) {
  const text = typeof body === 'string';
  const got = await fetch('/api/v1' + path, {
    method,
    headers: { Accept: 'application/json', ...(body === undefined || body instanceof FormData ? {} : { 'Content-Type': text ? 'text/plain' : 'application/json' }), ...headers },
    body: body === undefined ? undefined : body instanceof FormData || text ? /** @type {BodyInit} */ (body) : JSON.stringify(body),
  });
  if (got.status === 401) location.reload();
  const kind = got.headers.get('Content-Type') ?? '';
  const data = got.status === 204 ? null : kind.includes('json') ? await got.json() : await got.text();
  if (!got.ok) {
    const more = (data?.errors ?? []).map((/** @type {{message: string}} */ e) => e.message).join('; ');
    throw new Refusal(got.status, [data?.detail ?? data?.title ?? String(got.status), more].filter(Boolean).join(': '));
  }
  return { data, headers: got.headers };
}

/** @param {string} selector @returns {HTMLElement} */
export function need(selector) {
  const found = document.querySelector(selector);
  if (!found) throw new Error('the page has no ' + selector);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Fills the body of a table from the rows of a list: the template of the table is
 * copied for each, and elements with data-f get the value of that name as text.
 * @template T
 * @param {HTMLElement} table
 * @param {T[]} list
 * @param {(row: HTMLElement, item: T) => void} [more] what else a row gets
 */
export function fill(table, list, more) {
  const shape = /** @type {HTMLTemplateElement} */ (table.querySelector('template'));
  const body = /** @type {HTMLElement} */ (table.querySelector('tbody'));
  body.replaceChildren(...list.map((item) => {
    const row = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (shape.content.cloneNode(true)).firstElementChild);
    for (const cell of /** @type {HTMLElement[]} */ ([...row.querySelectorAll('[data-f]')])) {
      const value = /** @type {any} */ (item)[cell.dataset.f ?? ''];
      cell.textContent = cell.dataset.as === 'time' ? when(value) : value === undefined || value === null ? '' : String(value);
    }
    more?.(row, item);
    return row;
  }));
  table.classList.toggle('none', list.length === 0);
}

/** @param {string | undefined} time @returns {string} */
export function when(time) {
  if (!time) return '';
  const t = new Date(time);
  const today = t.toDateString() === new Date().toDateString();
  return t.toLocaleString(document.documentElement.lang, today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' });
}

/**
 * Does something and shows in the page's line of notice what went wrong.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(work) {
  const line = need('#notice');
  try {
    await work();
    line.hidden = true;
    return true;
  } catch (error) {
    line.textContent = error instanceof Error ? error.message : String(error);
    line.className = 'note bad';
    line.hidden = false;
    return false;
  }
}

/** Shows a good notice. @param {string} text */
export function say(text) {
  const line = need('#notice');
  line.textContent = text;
  line.className = 'note good';
  line.hidden = false;
}

/** The values of a form by name. @param {HTMLFormElement} form @returns {Record<string, string>} */
export function values(form) {
  /** @type {Record<string, string>} */
  const out = {};
  for (const [name, value] of new FormData(form)) if (typeof value === 'string' && value !== '') out[name] = value;
  return out;
}

/** Calls work when a form is sent. @param {string} selector @param {(form: HTMLFormElement) => Promise<unknown>} work */
export function onSubmit(selector, work) {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector(selector));
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    await attempt(() => work(form));
  });
}

/** Calls work when a button of a row is pressed. @param {HTMLElement} row @param {string} selector @param {() => Promise<unknown>} work */
export function onPress(row, selector, work) {
  row.querySelector(selector)?.addEventListener('click', () => attempt(work));
}
