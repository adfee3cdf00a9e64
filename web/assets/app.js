// What scripts add to pages that work without them: the palette, the theme without a reload, menus that close, copying, waiting for a run.
const paletteModule = document.querySelector('[data-palette]')?.dataset.palette; // its address carries a hash
const openPalette = async () => paletteModule && (await import(paletteModule)).openPalette();

const editing = (t) => t.closest('input, textarea, select, [contenteditable]');

addEventListener('keydown', (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k' && !e.altKey && !e.shiftKey) {
    e.preventDefault();
    openPalette();
  } else if (e.key === '/' && !editing(e.target) && !e.ctrlKey && !e.metaKey && !e.altKey) {
    const field = document.querySelector('#q, #find');
    if (field) {
      e.preventDefault();
      field.focus();
    }
  } else if (e.key === 'Escape') {
    for (const menu of document.querySelectorAll('details[data-menu][open]')) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  }
});

addEventListener('click', (e) => {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(e.target)) menu.open = false;
  }
});

for (const form of document.querySelectorAll('form.theme')) {
  form.addEventListener('submit', async (e) => {
    const theme = e.submitter?.value;
    if (!theme) return;
    e.preventDefault();
    document.documentElement.dataset.theme = theme;
    for (const b of form.querySelectorAll('button')) b.setAttribute('aria-pressed', String(b.value === theme));
    const answer = await fetch('/theme', { method: 'POST', body: new URLSearchParams({ theme }) });
    await answer.text();
  });
}

for (const select of document.querySelectorAll('select[data-submit]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}

for (const block of document.querySelectorAll('pre.code')) {
  if (!navigator.clipboard) break;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  const text = block.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text.trim());
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  });
  block.prepend(button);
}

const here = document.querySelector('.tree [aria-current]');
if (here) {
  const tree = here.closest('.tree');
  tree.scrollTop = here.offsetTop - tree.offsetTop - tree.clientHeight / 2;
}

const waiting = document.querySelector('[data-reload]');
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload));

// Lists: one box ticks all rows of the page.
for (const head of document.querySelectorAll('[data-pick]')) {
  const boxes = [...head.closest('table').querySelectorAll('td.pick input')];
  const all = document.createElement('input');
  all.type = 'checkbox';
  all.setAttribute('aria-label', 'Choose all rows of this page');
  all.addEventListener('change', () => boxes.forEach((b) => (b.checked = all.checked)));
  head.replaceChildren(all);
}

// Markdown: a look at what it becomes, made by the program as the page will have it.
for (const area of document.querySelectorAll('textarea[data-markdown]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'preview-button quiet';
  button.textContent = 'Preview';
  button.setAttribute('aria-pressed', 'false');
  const shown = document.createElement('div');
  shown.className = 'prose preview';
  shown.hidden = true;
  shown.tabIndex = 0;
  shown.setAttribute('role', 'region');
  shown.setAttribute('aria-label', 'Preview');
  area.after(button, shown);
  button.addEventListener('click', async () => {
    const opens = shown.hidden;
    if (opens) {
      const csrf = area.form.elements.csrf.value;
      const answer = await fetch('/markdown', { method: 'POST', body: new URLSearchParams({ csrf, text: area.value }) });
      if (answer.ok) shown.innerHTML = await answer.text();
      else shown.textContent = 'It cannot be shown now.';
    }
    shown.hidden = !opens;
    area.hidden = opens;
    button.textContent = opens ? 'Write' : 'Preview';
    button.setAttribute('aria-pressed', String(opens));
  });
}

// Forms of records: what is wrong gets the focus; leaving with something typed is asked about once.
document.querySelector('[data-focus]')?.focus();
for (const form of document.querySelectorAll('form[data-guard]')) {
  let isDirty = Boolean(document.querySelector('[data-focus]'));
  form.addEventListener('input', () => (isDirty = true));
  form.addEventListener('submit', () => (isDirty = false));
  addEventListener('beforeunload', (e) => {
    if (isDirty) e.preventDefault();
  });
}
// What only some pages need comes with the form that needs it.
for (const form of document.querySelectorAll('form[data-module]')) import(form.dataset.module).then((m) => m.attach(form));

// Files may be dropped where they can be chosen; without scripts, they are chosen.
for (const input of document.querySelectorAll('.field input[type=file]')) {
  const zone = document.createElement('div');
  const words = document.createElement('p');
  zone.className = 'drop';
  words.className = 'muted';
  words.setAttribute('role', 'status');
  input.before(zone);
  zone.append(input, words);
  const tell = () => (words.textContent = input.files.length ? [...input.files].map((f) => `${f.name} (${Math.ceil(f.size / 1024)} KiB)`).join(', ') : 'Or drop files here.');
  tell();
  input.addEventListener('change', tell);
  zone.addEventListener('dragover', (e) => {
    e.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (e) => {
    e.preventDefault();
    zone.classList.remove('over');
    const all = new DataTransfer();
    for (const f of [...(input.multiple ? input.files : []), ...e.dataTransfer.files].slice(0, input.multiple ? 20 : 1)) all.items.add(f);
    input.files = all.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
const soon = document.querySelector('[data-reload-soon]');
if (soon) setTimeout(() => location.reload(), 2000);
