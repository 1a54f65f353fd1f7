import { plural } from '../plural';
import type { Texts } from '../texts';
import type { demo as english } from './demo.en';

/** Español. */
export const demo: Texts<typeof english> = {
  'settings.demo': 'Demostración',
  'demo.shown': 'Muestra datos de demostración',
  'demo.lead':
    'Una oficina inventada cuyas estaciones simuladas informan como las de verdad, para que haya algo que mirar. Nada en ella procede de una red suya, y lo que informan sus propias estaciones no forma parte de ella.',
  'demo.failed': 'No se pudo leer lo que queda de la demostración',
  'demo.none': 'Este servidor no tiene estaciones de la demostración.',
  'demo.again': 'La demostración ya no continúa; empieza de nuevo al iniciar el servidor con --demo.',
  'demo.stations': 'Estaciones',
  'demo.processes': 'Procesos iniciados',
  'demo.remove': 'Eliminar la demostración…',
  'demo.removeAll': 'Eliminar',
  'demo.removeTitle': 'Eliminar la demostración',
  'demo.removeText': ({ n, stations, processes }) =>
    plural(
      n,
      `Se borran ${stations} estación de la demostración y todo lo guardado de ella (${processes} procesos, sus finales, huecos y tareas). Sus propias estaciones quedan como están. Tarda hasta un minuto y no se puede deshacer.`,
      `Se borran ${stations} estaciones de la demostración y todo lo guardado de ellas (${processes} procesos, sus finales, huecos y tareas). Sus propias estaciones quedan como están. Tarda hasta un minuto y no se puede deshacer.`,
    ),
  'demo.removing': 'Eliminando la demostración',
  'demo.left': ({ n, stations }) =>
    `${plural(n, 'Queda', 'Quedan')} ${stations} ${plural(n, 'estación', 'estaciones')} ·`,
  'demo.window': 'Sigue mientras esta ventana esté abierta; puede ir entretanto a otras páginas.',
  'demo.removed': ({ n, stations }) =>
    `Se eliminó la demostración: ${stations} ${plural(n, 'estación', 'estaciones')} con todos sus eventos.`,
  'demo.removeFailed': 'No se pudo eliminar toda la demostración',
};
