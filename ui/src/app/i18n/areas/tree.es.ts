import { plural } from '../plural';
import type { Texts } from '../texts';
import type { tree as english } from './tree.en';

/** Español. */
export const tree: Texts<typeof english> = {
  'rarity.binaryOn': ({ n, stations }) => `Binario en ${stations} ${plural(n, 'estación', 'estaciones')}`,
  'rarity.launchOn': ({ n, stations }) => `Lanzado así en ${stations} ${plural(n, 'estación', 'estaciones')}`,

  'process.privileges': 'Privilegios',
  'process.andMore': ({ more }) => `y ${more} más`,
  'keys.find': 'Buscar en el árbol; siguiente, anterior',
  'keys.expand': 'Abrir todo lo que sigue en el árbol',
  'process.timeline': 'Cronología',
  'process.record': 'Registro',

  'tree.find': 'Buscar en el árbol',
  'tree.matches': ({ at, of }) => `${at} de ${of}`,
  'tree.noMatch': 'no está',
  'tree.nextMatch': 'Siguiente coincidencia',
  'tree.previousMatch': 'Coincidencia anterior',
  'tree.clearFind': 'Dejar de buscar',
  'tree.together': 'Plegar lo que se repite',
  'tree.keys':
    '↑ ↓ ← → recorren · Intro abre su página · f busca; n y N, siguiente y anterior · * abre todo · m acciones',
  'tree.open': 'Abrir',
  'tree.close': 'Cerrar',
  'tree.running': 'Sin fin registrado',
  'tree.exited': 'Terminado',
  'tree.unseen': 'sin registro',
  'tree.children': ({ n, count }) => `inició ${count} ${plural(n, 'proceso', 'procesos')}`,
  'tree.repeated': 'procesos iguales: ',
  'tree.siblings': ({ n, count }) => `y ${count} ${plural(n, 'hermano', 'hermanos')}`,
  'tree.shown': ({ shown, total }) => `${shown} de ${total} a la vista`,
  'tree.showMore': 'Mostrar 100 más',
  'tree.showAll': 'Mostrar todos',
  'tree.reading': 'Se está leyendo el árbol',
  'tree.loaded': ({ n, loaded }) => `${loaded} ${plural(n, 'descendiente', 'descendientes')}`,
  'tree.loadedOf': ({ loaded, known }) => `Leídos ${loaded} de al menos ${known}`,
  'tree.readAll': 'Leer todo',
  'tree.toBinary': 'Su binario',
  'tree.toStation': 'Su estación',
  'tree.toUser': 'Todo lo que ejecutó su usuario',

  'privilege.lead': 'Lo que su token le permite más allá de los permisos de su cuenta; primero, lo más peligroso.',
  'privilege.enabled': 'Activos',
  'privilege.present': 'Presentes sin activar: el proceso puede activarlos por sí mismo',
  'privilege.byDefault': 'Desde el inicio',
  'privilege.machine': 'Control total',
  'privilege.some': 'Puede causar daño',
  'privilege.unknown': 'Aquí no se sabe nada de este privilegio.',
  'privilege.none': 'No hay privilegios registrados',
  'privilege.noneText':
    'Windows no los informó para este proceso: no figuran en los registros de Sysmon ni en los de Windows.',

  'statistics.processor': 'Procesador',
  'statistics.busy': ({ share }) => `${share} del tiempo que duró`,
  'statistics.memory': 'Memoria',
  'statistics.bytes': 'Entrada y salida: bytes',
  'statistics.operations': 'Entrada y salida: operaciones',
  'statistics.handles': 'Identificadores',
  'statistics.none': 'No hay estadísticas registradas',
  'statistics.running': 'Llegan con el fin de un proceso, y de este no hay fin registrado.',
  'statistics.notTold':
    'El fin de este proceso se informó sin ellas, como ocurre en los registros de Sysmon y de Windows.',

  'around.reach': 'Cuánto a cada lado',
  'around.minutes': ({ n }) => `± ${n} min`,
  'around.edge': 'Alrededor de qué',
  'around.start': 'Su inicio',
  'around.end': 'Su fin',
  'around.events': 'Como lista',
  'around.failed': 'No se pudieron leer los eventos',
  'around.label': ({ from, to }) => `Procesos desde ${from} hasta ${to}`,
  'around.cut': ({ most }) => `Solo se dibujan los ${most} eventos más cercanos de cada lado.`,
  'lanes.kind': 'línea de tiempo',
};
