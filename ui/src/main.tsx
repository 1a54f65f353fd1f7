import './app/theme/mantine.css';
import '@mantine/notifications/styles.layer.css';
import 'virtual:theme-variables.css';
import './app/theme/global.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { speakFirst } from './app/i18n';

const root = document.getElementById('root')!;
speakFirst().then(
  (spoken) => createRoot(root).render(<App spoken={spoken} />),
  () => {
    // There are no texts to say it with, in either language.
    root.textContent = 'El Jefe could not be opened: reload the page. No se pudo abrir El Jefe: recargue la página.';
  },
);
