import './app/theme/mantine.css';
import '@mantine/notifications/styles.layer.css';
import 'virtual:theme-variables.css';
import './app/theme/global.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';

createRoot(document.getElementById('root')!).render(<App />);
