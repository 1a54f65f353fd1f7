import type { Texts } from '../texts';
import type { rights as english } from './rights.en';

/** Español. */
export const rights: Texts<typeof english> = {
  'facts.place': 'Dónde se ejecuta',
  'facts.missing': 'Lo que no se sabe',

  'field.capabilities': 'Capacidades',
  'field.container': 'Contenedor',
  'field.namespaces': 'Espacios de nombres propios',
  'field.app_container': 'Contenedor de app',
  'field.architecture': 'Arquitectura',
  'field.entry_entropy': 'Entropía de entrada',
  'field.entry_sha256': 'SHA-256 de entrada',
  'field.compiled': 'Compilado',
  'field.image_mismatch': 'Archivo distinto',
  'field.missing': 'Lo que no se sabe',
  'field.inferred': 'Fin deducido',

  'capability.lead':
    'Lo que el núcleo le permitía al iniciarse más allá de los permisos de su usuario; primero, lo más peligroso.',
  'capability.inside':
    'Se ejecuta en un espacio de nombres de usuario propio: valen para lo que pertenece a ese espacio, no para toda la estación.',
  'capability.enabled': 'Efectivas',
  'capability.present': 'Permitidas sin efecto: el proceso puede activarlas por sí mismo',
  'capability.unknown': 'Aquí no se sabe nada de esta capacidad.',
  'capability.none': 'No tenía capacidades',
  'capability.noneText': 'Podía hacer lo que permiten los permisos de su usuario, y nada más.',

  'mark.container': ({ id }) => `En el contenedor ${id}`,
  'mark.appContainer': 'Contenedor de app',
  'mark.mismatch': 'El archivo no es lo que se ejecutó',
  'mark.mismatchText':
    'El archivo en disco no era lo que el núcleo había cargado. Los hashes, la firma y la versión son del archivo, no de lo que se ejecutó.',
  'mark.inferred': 'Fin deducido',
  'mark.inferredText': 'El fin en sí no se vio. El proceso ya no estaba, y esta es la hora en que se notó.',
  'entropy.shown': ({ bits }) => `${bits} bits por byte`,
  'entropy.low': ({ bits }) => `${bits} bits por byte, menos que el código corriente: un fragmento pequeño`,
  'entropy.high': ({ bits }) => `${bits} bits por byte, como el código comprimido o cifrado`,

  'missing.capabilities': 'Capacidades',
  'missing.command_line': 'Línea de comandos',
  'missing.container': 'Contenedor',
  'missing.current_directory': 'Carpeta',
  'missing.entry': 'Código de entrada',
  'missing.exit_code': 'Código de salida',
  'missing.hashes': 'Hashes',
  'missing.image': 'Imagen',
  'missing.imphash': 'Hash de importaciones',
  'missing.namespaces': 'Espacios de nombres',
  'missing.pe': 'Datos del archivo',
  'missing.privileges': 'Privilegios',
  'missing.signer': 'Firma',
  'missing.statistics': 'Estadísticas',
  'missing.user': 'Usuario',
  'missing.version': 'Versión',

  'reason.gone': 'Ya no estaba cuando se quiso leer.',
  'reason.denied': 'El agente no tenía permiso para leerlo.',
  'reason.too_big': 'Es más grande de lo que lee el agente.',
  'reason.changed': 'Había cambiado desde entonces: lo que hay ahora puede no ser lo que se ejecutó.',
  'reason.exited': 'El proceso había terminado antes de que el agente pudiera preguntar.',
  'reason.busy': 'El agente tenía demasiado trabajo en ese momento.',
  'reason.unsupported': 'Este sistema, o este tipo de archivo, no lo tiene.',
  'reason.failed': 'No se pudo leer.',
};
