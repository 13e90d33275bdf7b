// A link of the server's machine carries its secret behind the #, where no log
// and no proxy sees it; it is exchanged for a session once.
const secret = new URLSearchParams(location.hash.slice(1)).get('token');
if (secret) {
  const to = new URL(location.href);
  to.hash = '';
  history.replaceState(null, '', to);
  const base = new URL('.', import.meta.url);
  const answer = await fetch(new URL('link', base), { method: 'POST', body: new URLSearchParams({ token: secret }) });
  if (answer.ok) {
    location.replace(to.pathname.endsWith('/login') ? new URL('../ui', base) : to);
  } else {
    const p = document.createElement('p');
    p.className = 'bad';
    p.setAttribute('role', 'alert');
    p.textContent = 'This link was used, or is too old: dgate --ui makes a new one.';
    document.querySelector('main')?.prepend(p);
  }
}
