// Shows the OpenAPI document as a list of calls. Text of the document is put in as
// text, never as markup.
'use strict';

function node(name, attributes, ...children) {
  const n = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) n.setAttribute(key, value);
  n.append(...children);
  return n;
}

// example is a value of the form that a schema describes.
function example(schema, doc, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return example(doc.components.schemas[schema.$ref.split('/').pop()], doc, depth + 1);
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object': {
      const o = {};
      for (const [key, value] of Object.entries(schema.properties || {})) o[key] = example(value, doc, depth + 1);
      return o;
    }
    case 'array': return [example(schema.items, doc, depth + 1)];
    case 'integer': case 'number': return 0;
    case 'boolean': return false;
    default: return schema.format || 'text';
  }
}

function body(title, content, doc) {
  const out = [];
  for (const [type, media] of Object.entries(content || {})) {
    if (type === 'application/problem+json') continue;
    out.push(node('p', {}, title + ' ', node('code', {}, type)));
    if (type.includes('json') && media.schema && (media.schema.$ref || media.schema.type !== 'string')) {
      out.push(node('pre', {}, JSON.stringify(example(media.schema, doc), null, 2)));
    }
  }
  return out;
}

function call(path, method, op, doc) {
  const inside = node('div', { class: 'inside' });
  if (op.description) inside.append(node('p', {}, op.description));
  if (op.parameters) {
    const rows = op.parameters.map((p) => node('tr', {},
      node('td', {}, node('code', {}, p.name)),
      node('td', { class: 'dim' }, p.in + (p.required ? ', required' : '')),
      node('td', {}, p.description || (p.schema && p.schema.description) || '')));
    inside.append(node('table', {}, ...rows));
  }
  if (op.requestBody) inside.append(...body('Takes', op.requestBody.content, doc));
  for (const [status, r] of Object.entries(op.responses || {})) {
    if (status.startsWith('2')) inside.append(...body('Answers ' + status, r.content, doc));
  }
  return node('details', { 'data-text': (method + path + op.summary).toLowerCase() },
    node('summary', {},
      node('span', { class: 'method' }, method.toUpperCase()),
      node('code', {}, path),
      node('span', {}, op.summary || ''),
      node('span', { class: 'role' }, op['x-role'] || '')),
    inside);
}

async function show() {
  const doc = await (await fetch('v1/openapi.json')).json();
  document.getElementById('about').textContent = doc.info.description + ' Version ' + doc.info.version + '.';
  const sections = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const tag = (op.tags || ['other'])[0];
      if (!sections.has(tag)) sections.set(tag, node('section', {}, node('h2', {}, tag)));
      sections.get(tag).append(call((doc.servers ? doc.servers[0].url : '') + path, method, op, doc));
    }
  }
  document.getElementById('calls').append(...sections.values());
}

document.getElementById('filter').addEventListener('input', (e) => {
  const text = e.target.value.toLowerCase();
  for (const d of document.querySelectorAll('details')) d.hidden = !d.dataset.text.includes(text);
});
show();
