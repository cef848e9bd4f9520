'use strict';
(() => {
  const form = document.getElementById('filters');
  if (!form) return;
  const [words, severity, rule, owner] = ['words', 'severity', 'rule', 'owner']
    .map(name => document.getElementById('filter-' + name));
  const shown = document.getElementById('shown');
  const clean = document.getElementById('clean');
  const kept = element => ({ element, text: element.textContent.toLowerCase() });
  const rows = [...document.querySelectorAll('#found > tbody > tr')].map(kept);
  const groups = [...document.querySelectorAll('.group')].map(kept);
  const holds = (list, value) => value === '' || list.includes('|' + value + '|');
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(word => word !== '');
    const speaks = text => wanted.every(word => text.includes(word));
    const apply = (all, fits) => all.reduce((count, one) => {
      one.element.hidden = !fits(one);
      return count + !one.element.hidden;
    }, 0);
    const found = apply(rows, ({ element: { dataset }, text }) =>
      (severity.value === '' || dataset.severity === severity.value)
      && (rule.value === '' || dataset.rule === rule.value)
      && (owner.value === '' || dataset.owner === owner.value) && speaks(text));
    const drawn = apply(groups, ({ element: { dataset }, text }) =>
      holds(dataset.severities, severity.value) && holds(dataset.rules, rule.value)
      && holds(dataset.owners, owner.value) && speaks(text));
    if (clean) clean.hidden = severity.value !== '' || rule.value !== '' || owner.value !== '';
    shown.textContent = found + ' of ' + rows.length + ' findings, ' + drawn + ' of ' + groups.length + ' groups';
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
