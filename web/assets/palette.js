// The command palette (Ctrl-K): finds any object by its name. Without scripts the same field leads to /search.
let items = null;
let dialog = null;

const kindOrder = ['page', 'list', 'command', 'test', 'control', 'criterion', 'record', 'parameter', 'subject', 'capture'];
const place = (kind) => (kindOrder.includes(kind) ? kindOrder.indexOf(kind) : kindOrder.indexOf('record'));

function rank(item, words) {
  const id = item.id.toLowerCase();
  const title = item.title.toLowerCase();
  let score = 0;
  for (const w of words) {
    if (id === w || title === w) score += 100;
    else if (id.startsWith(w)) score += 40;
    else if (title.startsWith(w)) score += 30;
    else if (title.includes(' ' + w)) score += 20;
    else if (id.includes(w) || title.includes(w)) score += 10;
    else return -1;
  }
  return score - place(item.kind) * 0.1;
}

// What is known by its name, and records that the server found in their full text: those whose name holds the words rank as all others do.
function find(text, records) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items.filter((i) => i.kind === 'page');
  return [...items.map((item) => [rank(item, words), item]), ...records.map((item) => [Math.max(rank(item, words), 5), item])]
    .filter(([score]) => score >= 0)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 50)
    .map(([, item]) => item);
}

function keepInstant(url) {
  const at = new URLSearchParams(location.search).get('at');
  if (!at) return url;
  return url + (url.includes('?') ? '&' : '?') + 'at=' + encodeURIComponent(at);
}

function build() {
  dialog = document.createElement('dialog');
  dialog.className = 'palette';
  dialog.setAttribute('aria-label', 'Find anything');
  const input = document.createElement('input');
  input.type = 'text';
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-label', 'Find a record, criterion, control, test, page or command');
  input.setAttribute('aria-controls', 'palette-list');
  input.setAttribute('aria-expanded', 'true');
  input.setAttribute('autocomplete', 'off');
  input.setAttribute('spellcheck', 'false');
  const list = document.createElement('ul');
  list.id = 'palette-list';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Found');
  const help = document.createElement('p');
  dialog.append(input, list, help);
  document.body.append(dialog);

  let found = [];
  let selected = 0;
  let records = []; // found by the server, in their full text
  let asked = 0;

  const mark = () => {
    [...list.children].forEach((row, n) => row.setAttribute('aria-selected', String(n === selected)));
    const row = list.children[selected];
    if (row) {
      input.setAttribute('aria-activedescendant', row.id);
      row.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  };
  const show = () => {
    found = find(input.value, records);
    selected = 0;
    list.replaceChildren(
      ...found.map((item, n) => {
        const row = document.createElement('li');
        row.id = 'palette-' + n;
        row.setAttribute('role', 'option');
        const id = document.createElement('b');
        const title = document.createElement('span');
        const kind = document.createElement('i');
        const isNamed = item.id && !['page', 'list', 'command'].includes(item.kind) && item.id !== item.title;
        id.textContent = isNamed ? item.id : '';
        title.textContent = item.title;
        kind.textContent = item.kind;
        row.append(...(isNamed ? [id] : []), title, kind);
        row.addEventListener('click', () => location.assign(keepInstant(item.url)));
        return row;
      }),
    );
    list.hidden = found.length === 0;
    help.textContent = found.length ? 'Arrow keys choose, Enter opens, Escape closes.' : 'Nothing is called that.';
    mark();
  };
  const ask = async () => {
    const mine = ++asked;
    const q = input.value.trim();
    if (q.length < 2) return;
    await new Promise((done) => setTimeout(done, 150));
    if (mine !== asked) return;
    const at = new URLSearchParams(location.search).get('at');
    const answer = await fetch('/api/v1/search?' + new URLSearchParams({ q, ...(at ? { at } : {}) }), { headers: { accept: 'application/json' } });
    if (!answer.ok || mine !== asked) return;
    records = (await answer.json()).found.filter((f) => f.url.startsWith('/records/'));
    if (records.length) show();
  };
  input.addEventListener('input', () => {
    records = [];
    show();
    ask();
  });
  input.addEventListener('keydown', (e) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (found.length) selected = (selected + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length;
      mark();
    } else if (e.key === 'Enter' && found[selected]) {
      e.preventDefault();
      location.assign(keepInstant(found[selected].url));
    }
  });
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close();
  });
  dialog.open_ = () => {
    input.value = '';
    show();
    dialog.showModal();
    input.focus();
  };
}

export async function openPalette() {
  if (dialog?.open) return;
  try {
    if (!items) {
      const at = new URLSearchParams(location.search).get('at');
      const answer = await fetch('/api/v1/search-index' + (at ? '?at=' + encodeURIComponent(at) : ''), { headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      items = (await answer.json()).items;
    }
  } catch {
    location.assign('/search');
    return;
  }
  if (!dialog) build();
  dialog.open_();
}
