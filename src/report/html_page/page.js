'use strict';
(() => {
  const form = document.getElementById('filters');
  if (!form) return;
  const words = document.getElementById('filter-words');
  const severity = document.getElementById('filter-severity');
  const rule = document.getElementById('filter-rule');
  const shown = document.getElementById('shown');
  const findings = [...document.querySelectorAll('#findings > li')]
    .map(item => ({ item, text: item.textContent.toLowerCase() }));
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(word => word !== '');
    let count = 0;
    for (const { item, text } of findings) {
      const fits = (severity.value === '' || item.dataset.severity === severity.value)
        && (rule.value === '' || item.dataset.rule === rule.value)
        && wanted.every(word => text.includes(word));
      item.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + ' of ' + findings.length + ' shown';
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
