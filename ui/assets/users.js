// Accounts, sessions and tokens.
import { attempt, call, fill, need, onPress, onSubmit, values } from './api.js';

const admin = document.querySelector('#users') !== null;

async function users() {
  const list = (await call('GET', '/users?limit=1000')).items;
  fill(need('#users'), list, (row, /** @type {{name: string, role: string}} */ user) => {
    const role = /** @type {HTMLSelectElement} */ (row.querySelector('select'));
    role.value = user.role;
    role.addEventListener('change', () => attempt(async () => {
      await call('PUT', '/users/' + encodeURIComponent(user.name), { role: role.value });
      await show();
    }));
    onPress(row, '.remove', async () => {
      await call('DELETE', '/users/' + encodeURIComponent(user.name));
      await show();
    });
  });
}

async function sessions() {
  const list = (await call('GET', '/sessions?limit=1000')).items;
  fill(need('#sessions'), list, (row, /** @type {{id: string}} */ s) => {
    onPress(row, '.remove', async () => {
      await call('DELETE', '/sessions/' + s.id);
      await show();
    });
  });
}

async function tokens() {
  const list = (await call('GET', '/tokens?limit=1000')).items;
  fill(need('#tokens'), list, (row, /** @type {{id: string}} */ t) => {
    onPress(row, '.remove', async () => {
      await call('DELETE', '/tokens/' + t.id);
      await show();
    });
  });
}

async function show() {
  await tokens();
  if (admin) await Promise.all([users(), sessions()]);
}

onSubmit('#new-user', async (form) => {
  const v = values(form);
  await call('PUT', '/users/' + encodeURIComponent(v.name), { role: v.role, password: v.password });
  form.reset();
  await show();
});
onSubmit('#new-token', async (form) => {
  const v = values(form);
  const made = await call('POST', '/tokens', { owner: v.owner, role: v.role, days: Number(v.days ?? 0), note: v.note });
  need('#secret').textContent = made.secret;
  need('#made').hidden = false;
  await show();
});

await attempt(show);
