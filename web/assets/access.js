// Lines of an access review with the keyboard: j and i move, k c r decide, u takes back, s saves. Pages work without it.
export function attach(form) {
  const lines = [...form.querySelectorAll('[data-line][tabindex]')];
  const radios = (line) => [...line.querySelectorAll('input[type=radio]')];
  const reason = (line) => line.querySelector('input[name^="w."]');
  const chosen = (line) => radios(line).find((r) => r.checked)?.value ?? '';
  const needs = (line) => ['change', 'remove'].includes(chosen(line)) || (chosen(line) === 'keep' && 'flagged' in line.dataset);
  const count = form.querySelector('[data-count]');

  const tell = () => {
    let n = 0;
    for (const line of lines) {
      n += chosen(line) ? 1 : 0;
      line.classList.toggle('chosen', Boolean(chosen(line)));
      reason(line).required = needs(line);
    }
    if (count) count.textContent = n ? `${n} decided on this page, not saved yet` : '';
  };
  const go = (line) => {
    line?.focus();
    line?.scrollIntoView({ block: 'nearest' });
  };
  const beside = (line, by) => lines[Math.max(0, Math.min(lines.length - 1, lines.indexOf(line) + by))];
  const decide = (line, value) => {
    for (const r of radios(line)) r.checked = r.value === value;
    tell();
    if (needs(line) && !reason(line).value) reason(line).focus();
    else if (value) go(beside(line, 1));
  };

  form.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const line = e.target.closest('[data-line]');
    const typing = e.target.matches('input:not([type=radio]), textarea, select');
    if (typing) {
      if (e.key === 'Enter' && line) {
        e.preventDefault(); // the reason is typed: on to the next line
        go(beside(line, 1));
      } else if (e.key === 'Escape' && line) go(line);
      return;
    }
    const keys = { j: () => go(beside(line ?? lines[0], line ? 1 : 0)), i: () => go(beside(line, -1)), k: () => decide(line, 'keep'), c: () => decide(line, 'change'), r: () => decide(line, 'remove'), u: () => decide(line, ''), s: () => form.requestSubmit() };
    const act = keys[e.key];
    if (!act || (!line && e.key !== 'j' && e.key !== 's')) return;
    e.preventDefault();
    act();
  });
  addEventListener('keydown', (e) => {
    if (e.key !== 'j' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('form, input, textarea, select')) return;
    e.preventDefault();
    go(lines[0]);
  });
  form.addEventListener('change', tell);
  form.addEventListener('input', tell);
  tell();
}
