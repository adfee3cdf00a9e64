// Test sheets with the keyboard: one letter a cell, then the next one; arrows move. And a secret number for a sample, made here and never sent.
function grid(form) {
  const cells = [...form.querySelectorAll('input.mark')];
  const wide = new Set(cells.map((c) => c.name.split('.')[2])).size || 1;
  const count = form.querySelector('[data-count]');
  const tell = () => {
    const open = cells.filter((c) => !c.value.trim()).length;
    for (const c of cells) c.classList.toggle('no', /^no?$/i.test(c.value.trim()));
    if (count) count.textContent = open ? `${open} cells are open` : 'Every cell is marked';
  };
  const go = (i) => {
    const c = cells[Math.max(0, Math.min(cells.length - 1, i))];
    c.focus();
    c.select();
  };
  form.addEventListener('input', (e) => {
    const i = cells.indexOf(e.target);
    if (i < 0) return;
    const k = e.target.value.slice(-1).toLowerCase();
    e.target.value = 'yn-'.includes(k) ? k : '';
    tell();
    if (e.target.value && i + 1 < cells.length) go(i + 1);
  });
  form.addEventListener('keydown', (e) => {
    const i = cells.indexOf(e.target);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide, Enter: wide }[e.key];
    if (i < 0 || !by || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    go(i + by);
  });
  tell();
}

function commit(form) {
  const make = form.querySelector('[data-make]');
  if (!crypto.subtle || !make) return;
  const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');
  make.hidden = false;
  make.addEventListener('click', async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    form.elements.commitment.value = hex(await crypto.subtle.digest('SHA-256', nonce));
    form.querySelector('[data-nonce]').textContent = hex(nonce);
    form.querySelector('[data-kept]').hidden = false;
  });
}

export function attach(form) {
  if ('grid' in form.dataset) grid(form);
  else commit(form);
}
