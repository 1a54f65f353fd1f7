import type { Texts } from '../texts';
import type { problems as english } from './problems.en';

/** Español. */
export const problems: Texts<typeof english> = {
  'problem.internal': 'Error interno del servidor; su registro dice más.',
  'problem.given_up': 'La petición se abandonó antes de terminar. Vuelva a intentarlo.',
  'problem.stopping': 'El servidor se está deteniendo. Vuelva a intentarlo en un momento.',
  'problem.foreign_origin': 'La petición viene de una página de otro sitio.',
  'problem.no_route': ({ path }) => `No hay nada en ${path}.`,
  'problem.request_invalid': 'La petición no es como debe ser.',
  'problem.request_too_large': 'La petición supera el tamaño permitido.',
  'problem.request_slow': 'La petición llegó demasiado despacio. Vuelva a intentarlo.',
  'problem.request_type': 'El servidor no admite este formato.',
  'problem.database_away': 'La base de datos no está disponible en este momento. Vuelva a intentarlo en unos segundos.',
  'problem.database_starting': 'La base de datos está arrancando. Vuelva a intentarlo en unos segundos.',
  'problem.database_restarting':
    'La base de datos se detuvo y se está volviendo a iniciar. Vuelva a intentarlo en unos segundos.',
  'problem.database_stopped': 'La base de datos se detuvo.',
  'problem.database_read_only': 'La base de datos está en modo de solo lectura. Vuelva a intentarlo más tarde.',
  'problem.database_slow': ({ after }) => `La base de datos no respondió en ${after}. Vuelva a intentarlo más tarde.`,
  'problem.disk_full_database':
    'El disco de la base de datos está lleno. Libere espacio y vuelva a intentarlo: no se pierde nada de lo ya confirmado.',
  'problem.disk_full_data': ({ left_mib, kept_mib }) =>
    `El disco del servidor está lleno: en su directorio de datos quedan ${left_mib} MiB, y ${kept_mib} MiB se reservan para la base de datos. Libere espacio y vuelva a intentarlo: no se pierde nada de lo ya confirmado.`,
  'problem.disk_full_upload':
    'El disco del servidor está lleno. Libere espacio en su directorio de datos y vuelva a importar el archivo.',
  'problem.disk_full_files':
    'El disco donde se guardan los archivos de las estaciones está lleno. Libere espacio y vuelva a intentarlo.',
  'problem.files_unavailable': 'El almacén de archivos no responde como debe; el registro del servidor dice más.',
  'problem.records_wait': ({ records }) =>
    `Hay ${records} registros en espera de escribirse. Vuelva a intentarlo en un momento.`,
  'problem.binaries_slow': ({ limit }) =>
    `Recorrer los binarios llevó más de ${limit}. Acote la búsqueda o vuelva a intentarlo más tarde.`,
  'problem.devices_slow': ({ limit }) =>
    `Recorrer los dispositivos llevó más de ${limit}. Acote la búsqueda o vuelva a intentarlo más tarde.`,
  'problem.tree_slow': ({ limit }) =>
    `Leer el árbol de este proceso llevó más de ${limit}. Mire una parte más pequeña.`,

  'problem.member_unknown': ({ member }) => `Aquí no existe «${member}».`,
  'problem.member_missing': ({ member }) => `Falta «${member}».`,
  'problem.member_time': ({ member }) => `«${member}» no es una fecha y hora; escríbala como 2026-11-20T08:00:00Z.`,
  'problem.member_boolean': ({ member }) => `«${member}» debe ser verdadero o falso.`,
  'problem.member_number': ({ member }) => `«${member}» debe ser un número.`,
  'problem.member_integer': ({ member }) => `«${member}» debe ser un número entero.`,
  'problem.member_string': ({ member }) => `«${member}» debe ser un texto.`,
  'problem.member_list': ({ member }) => `«${member}» debe ser una lista.`,
  'problem.member_object': ({ member }) => `«${member}» debe ser un objeto.`,
  'problem.member_one_of': ({ member, choices }) => `«${member}» debe ser uno de: ${choices}.`,
  'problem.member_least': ({ member, least }) => `«${member}» debe ser al menos ${least}.`,
  'problem.member_most': ({ member, most }) => `«${member}» puede ser como máximo ${most}.`,
  'problem.member_short': ({ member, least }) => `«${member}» es demasiado corto: lleva al menos ${least} caracteres.`,
  'problem.member_long': ({ member, most }) => `«${member}» es demasiado largo: admite como máximo ${most} caracteres.`,
  'problem.member_pattern': ({ member, pattern }) => `«${member}» no tiene la forma que debe tener: ${pattern}.`,
  'problem.member_few': ({ member, least }) => `«${member}» necesita al menos ${least} elementos.`,
  'problem.member_many': ({ member, most }) => `«${member}» admite como máximo ${most} elementos.`,

  'problem.login_wrong': 'El nombre o la contraseña no son correctos.',
  'problem.login_too_many': ({ seconds }) =>
    `Demasiados intentos fallidos. Vuelva a intentarlo en ${seconds} segundos.`,
  'problem.not_logged_in': 'No hay ninguna sesión iniciada. Inicie sesión primero.',
  'problem.session_ended': 'La sesión terminó. Vuelva a iniciar sesión.',
  'problem.authorization_malformed': 'No se entiende la cabecera Authorization; debe ser «Bearer» y una clave de API.',
  'problem.password_change_required': 'Primero hay que cambiar la contraseña.',
  'problem.password_short': ({ characters, least }) =>
    `La contraseña tiene ${characters} caracteres; necesita al menos ${least}.`,
  'problem.password_long': ({ characters, most }) =>
    `La contraseña tiene ${characters} caracteres; se admiten como máximo ${most}.`,
  'problem.password_has_name': 'La contraseña contiene el nombre del usuario. Elija otra.',
  'problem.password_one_character': 'La contraseña es un solo carácter repetido. Elija otra.',
  'problem.password_same': 'La contraseña nueva es la actual. Elija otra.',
  'problem.password_wrong': 'La contraseña actual no es correcta.',
  'problem.role_needed': ({ needed_role, role }) => `Para esto hace falta el rol ${needed_role}; el suyo es ${role}.`,
  'problem.no_user': ({ user }) => `No existe el usuario ${user}.`,
  'problem.user_exists': ({ user }) => `Ya existe un usuario «${user}».`,
  'problem.last_administrator': 'Es el último administrador que puede iniciar sesión. Nombre antes a otro.',
  'problem.no_token': ({ id }) => `No existe la clave de API ${id}.`,
  'problem.token_unknown': 'La clave de API no se conoce, venció o fue revocada. Cree una nueva en los ajustes.',
  'problem.token_expired': ({ end_time }) => `La clave de API ya habría vencido, el ${end_time}.`,
  'problem.token_for_others': 'Solo un administrador puede crear claves de API para otros.',
  'problem.token_no_user': 'Indique el usuario en cuyo nombre actúa la clave de API.',
  'problem.token_rights': ({ role }) =>
    `Una clave de API no puede tener más derechos que su usuario: como máximo ${role}.`,
  'problem.token_no_password': 'Una clave de API no puede cambiar la contraseña de su usuario.',
  'problem.no_enrolment_key': ({ id }) => `No existe la clave de inscripción ${id}.`,
  'problem.key_no_name': 'La clave necesita un nombre que diga para qué es.',
  'problem.key_expired': ({ end_time }) => `La clave ya habría vencido, el ${end_time}.`,

  // Clientes
  'problem.confirm_missing': 'Para esto hace falta su contraseña una vez más.',
  'problem.confirm_wrong': 'La contraseña no es correcta.',
  'problem.client_none':
    'Este servidor se compiló sin clientes. «make build» los compila y los incluye en el programa.',
  'problem.client_no_server': 'Los clientes los prepara un servidor en marcha.',
  'problem.client_no_agents': 'Este servidor no atiende agentes: se inició con --agent-listen=off.',
  'problem.client_format_missing': ({ format }) =>
    `Este servidor se compiló sin clientes en formato ${format}: faltaban las herramientas que los crean.`,
  'problem.client_signed_other_build': ({ version }) =>
    `También hay uno firmado, pero se hizo a partir de otra compilación de ${version}. Firme este con «eljefe client sign».`,
  'problem.client_signed_other_version': ({ version, carried }) =>
    `También hay uno firmado, pero es de la versión ${version}, y este servidor trae la ${carried}. Firme este con «eljefe client sign».`,
  'problem.client_unknown': ({ client, known }) => `No existe el cliente ${client}. Existen: ${known}.`,
  'problem.client_no_format': ({ format }) => `No se conocen clientes en formato ${format}.`,
  'problem.client_no_system': ({ system }) => `No hay ningún agente para el sistema ${system}.`,
  'problem.client_which': 'Elija qué cliente se prepara.',
  'problem.client_which_key': 'Elija cómo se inscriben sus estaciones: con una clave que ya existe o con una nueva.',
  'problem.client_key_revoked': ({ name }) =>
    `La clave de inscripción «${name}» fue revocada y ya no admite a nadie. Elija otra o cree una nueva.`,
  'problem.client_key_expired': ({ name }) =>
    `La clave de inscripción «${name}» venció y ya no admite a nadie. Elija otra o cree una nueva.`,
  'problem.client_key_used_up': ({ name, uses }) =>
    `La clave de inscripción «${name}» ya admitió todas las estaciones que podía: ${uses}. Elija otra o cree una nueva.`,
  'problem.client_no_key': 'Falta la clave de inscripción: sin ella el cliente no puede inscribirse.',
  'problem.client_key_form': 'Esto no es una clave de inscripción.',
  'problem.client_server_form': ({ address, example }) =>
    `«${address}» no es la dirección de un servidor. Escríbala como en ${example}.`,
  'problem.client_server_more': ({ address }) =>
    `La dirección del servidor es «${address}». No puede haber nada después del puerto, ni un nombre de usuario antes.`,
  'problem.client_address_form': ({ address, port }) =>
    `«${address}» no es la dirección de un servidor. Escríbala como en https://eljefe.example.org:${port}.`,
  'problem.client_address_loopback': ({ host }) =>
    `${host} es, para cada estación, ella misma. Indique el nombre o la dirección por los que las estaciones llegan a este servidor.`,
  'problem.client_address_unknown': ({ host }) =>
    `Este servidor no encuentra el nombre ${host}. Las estaciones que no lo encuentren no podrán informar.`,
  'problem.client_address_uncovered': ({ host }) =>
    `El certificado del servidor no vale para ${host}. A los agentes no les importa; a los navegadores, sí. Agregue el nombre al certificado.`,
  'problem.client_address_port': ({ listens, port }) =>
    `Este servidor atiende a los agentes en el puerto ${listens}, no en el ${port}. Solo es correcto si algo intermedio reenvía ese puerto.`,
  'problem.client_proxy':
    'Esto no es la dirección de un proxy. Escríbala como http://proxy.example.org:3128, o «none» si no hay ninguno.',
  'problem.client_spool': ({ spool_bytes, least_bytes, most_bytes }) =>
    `El espacio para los eventos en espera es de ${spool_bytes}. Debe estar entre ${least_bytes} y ${most_bytes}.`,
  'problem.client_source_unknown': ({ source }) => `No existe la fuente de eventos «${source}».`,
  'problem.client_source_system': ({ source, system }) => `La fuente de eventos «${source}» no existe en ${system}.`,
  'problem.client_settings_long': ({ settings_bytes, most_bytes }) =>
    `Los ajustes ocupan ${settings_bytes} y en un cliente caben ${most_bytes}. Acorte la dirección del servidor o la del proxy.`,
  'problem.client_many': ({ most }) =>
    `Hay ${most} clientes a la espera de que alguien los descargue. Pruebe de nuevo dentro de unos minutos.`,
  'problem.client_download_gone': ({ minutes, most }) =>
    `Ese cliente no existe o ya no está: se puede descargar durante ${minutes} minutos, ${most} veces, y mientras el servidor siga en marcha. Prepárelo de nuevo.`,
  'problem.client_download_changed': ({ file }) =>
    `El programa a partir del cual se hace ${file} cambió entretanto. Prepare el cliente de nuevo.`,
  'problem.server_name_form': ({ name }) =>
    `«${name}» no es un nombre de equipo ni una dirección, como en eljefe.example.org.`,
  'problem.server_name_many': ({ most }) => `Ya se agregaron ${most} nombres. Quite los que nadie use.`,
  'problem.server_name_own': ({ name }) =>
    `${name} no se agregó aquí: es del propio equipo, o el servidor se inició con él (--name).`,
  'problem.server_name_unknown': ({ name }) => `El certificado no vale para ${name}.`,
  'problem.server_name_no_server': 'El certificado lo guarda un servidor en marcha.',

  'problem.no_station': ({ id }) => `No existe la estación ${id}.`,
  'problem.no_binary': ({ id }) =>
    `No existe el binario ${id}. Puede haberse eliminado con la única estación que lo ejecutó.`,
  'problem.no_binary_hash': ({ hash }) => `No se ejecutó ningún binario con el hash ${hash}.`,
  'problem.binary_name': ({ name }) =>
    `«${name}» no designa ningún binario. Escriba su número, o un SHA-256, SHA-1 o MD5 completo.`,
  'problem.hash_length': ({ digits }) => `Un hash de ${digits} dígitos no es SHA-256, ni SHA-1, ni MD5.`,
  'problem.no_device': ({ id }) =>
    `No existe el dispositivo ${id}. Puede haberse eliminado con la única estación que lo tuvo.`,
  'problem.no_process': ({ id }) =>
    `No hay ningún proceso ${id} almacenado. Puede haberse eliminado con su día o con su estación.`,
  'problem.process_id': ({ text }) => `«${text}» no es el identificador de un proceso.`,
  'problem.no_task': ({ id }) => `No existe la tarea ${id}.`,
  'problem.facts_pending': 'El archivo ya se obtuvo y se está examinando. Vuelva a consultarlo en un momento.',
  'problem.no_sha256': 'No se conoce el SHA-256 de este binario, así que no se puede pedir su contenido.',
  'problem.no_file': ({ sha256 }) =>
    `No hay ningún archivo almacenado con el SHA-256 ${sha256}. Pídaselo a una estación.`,
  'problem.not_sha256': ({ text }) => `«${text}» no es un SHA-256 de 64 dígitos hexadecimales.`,
  'problem.file_not_kept': ({ sha256 }) => `El contenido de ${sha256} no se guarda aquí. Pídaselo a una estación.`,
  'problem.no_file_contents': 'Solo un servidor en marcha entrega el contenido de los archivos.',
  'problem.no_import': ({ id }) => `No existe la importación ${id}.`,
  'problem.no_search': ({ id }) => `No existe la búsqueda guardada ${id}.`,
  'problem.no_field': ({ field }) => `No existe el campo «${field}».`,

  'problem.cursor_unknown': 'La lista no puede seguir desde aquí. Léala desde el principio.',
  'problem.tree_cursor': 'El árbol no puede seguir desde aquí. Léalo desde el principio.',
  'problem.after_unknown': ({ after }) => `«${after}» no es una hora ni el identificador de un evento.`,
  'problem.sort_unknown': ({ name }) => `La lista no se puede ordenar por «${name}».`,
  'problem.facet_field': ({ field }) =>
    `Los valores de ${field} no se pueden contar; sí los de textos, números, hashes y campos con un conjunto fijo de valores.`,
  'problem.binary_facet_field': ({ field }) =>
    `Los valores de ${field} no se pueden contar; sí los de lo que un binario dice de sí mismo, de su nombre y de quién lo firmó.`,
  'problem.station_facet_field': ({ field }) => `Los valores de ${field} no se pueden contar en las estaciones.`,
  'problem.range_backwards': ({ to_time, from_time }) =>
    `El período termina el ${to_time}, antes de empezar el ${from_time}.`,
  'problem.range_reversed': 'El período termina antes de empezar.',
  'problem.range_long': 'El período supera los 92 días. Pida menos.',

  'problem.station_name_long': ({ characters, most }) =>
    `El nombre tiene ${characters} caracteres; se guardan como máximo ${most}.`,
  'problem.label_length': ({ label, most }) =>
    `La etiqueta «${label}» no sirve: una etiqueta tiene de 1 a ${most} caracteres.`,
  'problem.labels_too_many': ({ labels, most }) =>
    `${labels} etiquetas son demasiadas; se guardan como máximo ${most}.`,
  'problem.station_reports': ({ station }) =>
    `La estación ${station} informa por sí misma. Retírela o revóquela primero.`,
  'problem.station_removed': 'La estación se eliminó mientras tanto.',
  'problem.station_revoked': ({ id }) =>
    `La estación ${id} fue revocada, y eso no se puede deshacer. Borre allí los datos del agente y vuelva a inscribirla.`,

  'problem.task_verb': ({ verb }) => `A ninguna estación se le puede pedir «${verb}».`,
  'problem.task_needs': ({ verb, member }) => `${verb} necesita ${member}.`,
  'problem.task_takes_no': ({ verb, member }) => `${verb} no admite ${member}.`,
  'problem.task_no_why': 'Diga para qué es: se guarda con la tarea.',
  'problem.task_role': ({ needed_role, role }) =>
    `Para terminar un proceso hace falta el rol ${needed_role}; el suyo es ${role}.`,
  'problem.task_station_gone': ({ station_id }) =>
    `La estación ${station_id} fue retirada o revocada: no admite tareas.`,
  'problem.task_station_imported': ({ station }) =>
    `La estación ${station} se conoce solo por archivos importados: no hay a quién pedírselo.`,
  'problem.task_station_restarted': ({ station, pid, image }) =>
    `La estación ${station} se reinició después: el proceso ${pid}, ${image}, ya no puede estar en ejecución.`,
  'problem.task_client_cannot': ({ station }) =>
    `El cliente de la estación ${station} no se hizo para terminar procesos.`,
  'problem.task_never_ran': ({ sha256, station }) =>
    `${sha256} nunca se ejecutó en la estación ${station}. Pídaselo a una estación que lo haya ejecutado.`,
  'problem.task_other_station': ({ station }) => `El proceso se ejecutó en otra estación, no en ${station}.`,
  'problem.task_process_ended': ({ pid, image }) => `El proceso ${pid}, ${image}, ya terminó.`,
  'problem.task_file_here': 'El archivo ya está aquí.',
  'problem.task_over': ({ id }) => `La tarea ${id} ya terminó.`,
  'problem.task_not_asked': 'La estación no lo pidió a tiempo.',
  'problem.task_not_answered': 'La estación no dijo a tiempo qué fue de ella.',
  'problem.task_cancelled': ({ who }) => `Cancelada por ${who}.`,
  'problem.update_no_order': ({ version }) =>
    `La versión ${version} no tiene orden, así que no se sabe cuál es más nueva. Compile el servidor desde un commit con una etiqueta como v1.4.0, o dé VERSION a make.`,
  'problem.update_too_large': ({ size_bytes, most_bytes }) =>
    `El programa ocupa ${size_bytes}. Los agentes aceptan como máximo ${most_bytes}.`,
  'problem.update_paused_by': ({ who }) => `${who} las puso en pausa.`,
  'problem.update_paused_failures': ({ failed, all }) =>
    `Falló en ${failed} de las ${all} estaciones que se actualizaron.`,
  'problem.task_cancelled_then': ({ who, task_state, words }) =>
    `Cancelada por ${who}. Después la estación informó (${task_state}): ${words}`,

  'problem.search_exists': ({ name }) =>
    `Ya hay una búsqueda guardada llamada «${name}». Elija otro nombre o modifique esa.`,
  'problem.search_no_name': 'Una búsqueda guardada necesita un nombre y una página.',
  'problem.search_two_ranges': 'Una búsqueda tiene un período, o un principio y un fin, no ambas cosas.',
  'problem.search_no_user': 'Una búsqueda pertenece a un usuario. Inicie sesión con uno.',
  'problem.search_share_role': ({ needed_role, role }) =>
    `Para compartir una búsqueda hace falta el rol ${needed_role}; el suyo es ${role}.`,
  'problem.search_foreign': ({ owner }) =>
    `La búsqueda pertenece a ${owner}. Guarde su propia copia o pídaselo a un administrador.`,
  'problem.search_ownerless': 'La búsqueda ya no tiene dueño: si no se compartiera, nadie la vería. Elimínela.',

  'problem.upload_too_large': ({ most_bytes }) =>
    `El archivo supera los ${most_bytes} que se pueden subir. Impórtelo en el servidor con «eljefe import» o aumente --max-upload.`,
  'problem.no_uploads': 'Este servidor no recibe archivos.',
  'problem.import_no_name': 'El archivo no tiene nombre.',
  'problem.import_empty': 'El archivo está vacío.',
  'problem.import_not_a_log':
    'El archivo no es un registro de eventos de Windows (.evtx, que empieza por ElfFile), ni una traza de eventos (.etl), ni JSON delimitado por líneas (un objeto en cada línea).',
  'problem.import_json_lines':
    'El archivo es JSON, pero cada evento debe ser un objeto en su propia línea; «jq -c .» lo deja así.',
  'problem.import_compressed': ({ kind }) =>
    `El archivo está comprimido (${kind}). Descomprímalo e importe lo que contiene.`,
  'problem.import_stopped':
    'La importación se detuvo. Vuelva a importar el archivo: lo agregado no se agrega dos veces.',
  'problem.import_interrupted':
    'El servidor se detuvo durante la importación. Vuelva a importar el archivo: lo agregado queda y no se agrega dos veces.',
  'problem.import_broke_off': 'El envío se cortó. Vuelva a intentarlo.',
  'problem.import_failed': 'La importación falló; el registro del servidor dice por qué.',
  'problem.import_more': 'y más del mismo tipo',
  'problem.trace_unnamed': ({ station }) =>
    `La traza no dice de qué equipo es: sus eventos figuran con el nombre del archivo, «${station}». «eljefe import --station» le da otro.`,
  'problem.trace_incomplete': ({ events, buffers, losses }) =>
    `La traza está incompleta: mientras se grababa se perdieron ${events} eventos y ${buffers} búferes de eventos, y en ella constan ${losses} pérdidas.`,
  'problem.at_line': ({ line, why }) => `línea ${line}: ${why}`,
  'problem.at_record': ({ record, why }) => `registro ${record}: ${why}`,
  'problem.damage_etl': ({ buffer, offset, why }) => `búfer ${buffer}, posición ${offset}: ${why}`,
  'problem.damage_evtx': ({ chunk, offset, record, why }) =>
    `bloque ${chunk}, posición ${offset}${record ? `, registro ${record}` : ''}: ${why}`,
  'problem.damage_evtx_altered': ({ chunk, offset, record, why }) =>
    `bloque ${chunk}, posición ${offset}${record ? `, registro ${record}` : ''}: ${why} (la suma de verificación del bloque no coincide)`,
  'problem.event_no_station': 'nada dice en qué equipo ocurrió',
  'problem.event_future': ({ at_time }) => `su hora, ${at_time}, está en el futuro`,
  'problem.event_old': ({ at_time, days }) =>
    `su hora, ${at_time}, es anterior a los ${days} días que aquí se guardan los eventos; aumente --retention para conservarlo`,
  'problem.evtx_cut_header': ({ bytes, of }) =>
    `el archivo termina dentro de su encabezado, tras ${bytes} de ${of} bytes`,
  'problem.evtx_cut_chunk': ({ bytes, of }) => `el archivo termina dentro de un bloque, tras ${bytes} de ${of} bytes`,
  'problem.evtx_cut_chunk_header': ({ bytes, of }) =>
    `el archivo termina dentro del encabezado de un bloque, tras ${bytes} de ${of} bytes`,
  'problem.evtx_chunk_empty': 'al bloque le falta su firma ElfChnk y no tiene registros',
  'problem.evtx_chunk_unsigned': 'al bloque le falta su firma ElfChnk',
  'problem.evtx_no_record': ({ bytes }) => `no hay un registro donde debería empezar; se saltaron ${bytes} bytes`,
  'problem.evtx_record_cut': 'el registro termina a la mitad',
  'problem.evtx_no_event': 'el registro no contiene ningún evento',
  'problem.evtx_unfolds': 'sus registros se expanden más de lo que puede un registro auténtico',
  'problem.json_no_event': 'el objeto no tiene ni «kind» (eventos de El Jefe) ni «EventID» (eventos de Windows)',
  'problem.json_syntax': ({ byte }) => `no es JSON a partir del byte ${byte}`,
  'problem.json_type': ({ member, found, wanted }) => `${member} contiene ${found} donde se espera ${wanted}`,
  'problem.json_long_line': ({ most_bytes }) => `supera los ${most_bytes}`,

  'problem.filter_no_field': ({ field }) =>
    `No existe el campo «${field}». Elija otro, o ponga el texto entre comillas para buscarlo como palabra.`,
  'problem.filter_field_elsewhere': ({ field, of, others }) =>
    `${field} no es un campo de ${of}, sino de ${others}. Quítelo o búsquelo en ${others}.`,
  'problem.filter_too_long': ({ bytes, most }) =>
    `El filtro tiene ${bytes} bytes; se admiten como máximo ${most}. Acórtelo o use una lista: campo:(a OR b).`,
  'problem.filter_too_deep': ({ most }) =>
    `El filtro tiene más de ${most} niveles anidados. Quite paréntesis o negaciones.`,
  'problem.filter_too_many_terms': ({ most }) => `El filtro tiene más de ${most} términos. Quite algunos.`,
  'problem.filter_stray_close': 'A este ) le falta su ( delante. Quítelo, o póngalo entre comillas para buscarlo.',
  'problem.filter_open_group': 'Este ( no se cierra. Escriba ) donde termina, o póngalo entre comillas para buscarlo.',
  'problem.filter_empty_group': 'No hay nada entre estos paréntesis. Escriba un término o quítelos.',
  'problem.filter_term_before': ({ word }) =>
    `${word} necesita un término delante. Escríbalo, quite ${word}, o ponga "${word}" entre comillas para buscar la palabra.`,
  'problem.filter_term_after': ({ word }) =>
    `${word} necesita un término detrás. Escríbalo, quite ${word}, o ponga "${word}" entre comillas para buscar la palabra.`,
  'problem.filter_minus_alone':
    'Un - delante de un término lo niega, y aquí no hay término. Ponga entre comillas el texto que empieza por -.',
  'problem.filter_empty_phrase': '"" no busca nada. Escriba qué buscar, o campo:"" para un campo vacío.',
  'problem.filter_bare_star': '* solo vale para cualquier evento. Escriba algo más, o campo:* para un campo conocido.',
  'problem.filter_quote_inside':
    'Hay una comilla dentro de un valor. Ponga todo el valor entre comillas y escriba \\" para una comilla en él.',
  'problem.filter_after_quote':
    'Hay texto justo después de la comilla de cierre. Deje un espacio, o escriba \\" para una comilla entre comillas.',
  'problem.filter_open_quote': 'Esta comilla no se cierra. Escriba " donde termina el texto.',
  'problem.filter_escaped_quote':
    'Esta comilla no se cierra, porque \\" es una comilla dentro del texto. Escriba \\\\" para terminar con una barra invertida.',
  'problem.filter_open_list': 'Esta lista no se cierra. Escriba ) tras su último valor.',
  'problem.filter_empty_list': ({ field }) => `Esta lista está vacía. Escriba ${field}:(a OR b).`,
  'problem.filter_value_missing': ({ field }) => `Aquí falta un valor de ${field}. Escriba ${field}:(a OR b).`,
  'problem.filter_group_in_list': 'Una lista solo contiene valores. Ponga entre comillas el texto con paréntesis.',
  'problem.filter_list_joint': ({ field }) =>
    `Los valores de una lista se unen con OR. Ponga entre comillas un valor con espacios, o repita el campo fuera de la lista para AND: ${field}:a ${field}:b.`,
  'problem.filter_no_value': ({ field, example }) =>
    `${field} necesita un valor justo después de los dos puntos, como ${example}; ${field}:"" es uno vacío.`,
  'problem.filter_no_comparison': ({ field, value }) =>
    `${field}: «${value}» no es una comparación; existen > >= < <= = y !=.`,
  'problem.filter_compares_nothing': ({ field, value, example }) =>
    `${field}: «${value}» no compara con nada. Escriba un valor detrás, como ${example}.`,
  'problem.filter_comparison_and_range': ({ field, value }) =>
    `${field}: «${value}» tiene una comparación y un rango a la vez. Quite uno de los dos.`,
  'problem.filter_range_no_ends': ({ field, value }) =>
    `${field}: «${value}» es un rango sin extremos. Escríbalo como ${field}:a..b.`,
  'problem.filter_range_backwards': ({ field, value }) =>
    `${field}: «${value}» es un rango de mayor a menor. Invierta los extremos.`,
  'problem.filter_not_listed': ({ field, value, values }) => `${field}: «${value}» no es ninguno de estos: ${values}.`,
  'problem.filter_not_boolean': ({ field, value }) => `${field}: «${value}» no es ni true ni false.`,
  'problem.filter_not_number': ({ field, value, example }) =>
    `${field}: «${value}» no es un número. Escriba un número entero, como ${example}.`,
  'problem.filter_not_decimal': ({ field, value, example }) =>
    `${field}: «${value}» no es un número con dos decimales como máximo. Escriba uno como ${example}.`,
  'problem.filter_not_size': ({ field, value }) =>
    `${field}: «${value}» no es un tamaño. Escriba un número de bytes, o algo como 10KiB o 5MB.`,
  'problem.filter_not_duration': ({ field, value }) =>
    `${field}: «${value}» no es una duración. Escriba una como 500ms, 1m30s, 2h o 3d, hasta 36500d.`,
  'problem.filter_not_time': ({ field, value }) =>
    `${field}: «${value}» no es una fecha. Escriba una como 2026-11-20, 2026-11-20T08:00, 2026-11-20T08:00:01.5Z o -24h.`,
  'problem.filter_time_beyond': ({ field, value }) => `${field}: «${value}» está fuera de los años 1601 a 9999.`,
  'problem.filter_unsigned': ({ field, value, unsigned }) =>
    `${field}: los códigos no llevan signo; ${value} es ${unsigned}.`,
  'problem.filter_not_guid': ({ field, value }) =>
    `${field}: «${value}» no es un GUID. Escriba 32 dígitos hexadecimales, con o sin guiones.`,
  'problem.filter_not_hash': ({ field, value }) => `${field}: «${value}» no es un hash. Escriba dígitos hexadecimales.`,
  'problem.filter_hash_short': ({ field, value }) =>
    `${field}: «${value}» es demasiado corto para un hash. Escriba al menos 6 de sus dígitos.`,
  'problem.filter_hash_long': ({ field, value, digits, most }) =>
    `${field}: «${value}» tiene ${digits} dígitos; un ${field} completo tiene ${most}.`,
  'problem.filter_hash_longest': ({ value, digits, most }) =>
    `hash: «${value}» tiene ${digits} dígitos; el tipo más largo, SHA-256, tiene ${most}.`,
  'problem.filter_hash_named': ({ field, value }) =>
    `${field}: «${value}» tiene un nombre delante de los dígitos. Quítelo.`,
  'problem.filter_hash_other': ({ field, value, kind, digits }) =>
    `${field}: «${value}» es otro tipo de hash. Escriba ${kind}:${digits}.`,
  'problem.filter_not_privilege': ({ field, value }) =>
    `${field}: «${value}» no es un privilegio; se llaman como SeDebugPrivilege.`,
  'problem.filter_fits_no_privilege': ({ field, value }) =>
    `${field}: «${value}» no coincide con ningún privilegio; se llaman como SeDebugPrivilege.`,
  'problem.filter_not_capability': ({ field, value }) =>
    `${field}: «${value}» no es una capacidad; se llaman como cap_sys_admin.`,
  'problem.filter_fits_no_capability': ({ field, value }) =>
    `${field}: «${value}» no coincide con ninguna capacidad; se llaman como cap_sys_admin.`,

  'filterOf.events': 'eventos',
  'filterOf.binaries': 'binarios',
  'filterOf.devices': 'dispositivos USB',
};
