// Sets theme and language before the first paint. A file of its own: the
// content security policy allows no inline script.
(() => {
  const root = document.documentElement;
  let scheme = 'auto';
  let language = 'auto';
  try {
    scheme = localStorage.getItem('eljefe.scheme') || scheme;
    language = JSON.parse(localStorage.getItem('eljefe.preferences'))?.language || language;
  } catch {
    // Storage may be closed to us; then the system decides.
  }
  if (scheme !== 'light' && scheme !== 'dark') {
    scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  root.setAttribute('data-mantine-color-scheme', scheme);
  root.lang = language === 'es' || (language === 'auto' && /^es\b/i.test(navigator.language)) ? 'es' : 'en';
})();
