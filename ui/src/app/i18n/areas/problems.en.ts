/** Values of a problem as they are shown, by their names. */
export type Values = Record<string, string>;

/** What the server says in codes; see docs/api.md. A test in internal/archtest holds that no code is without a text. */
export const problems = {
  // What goes wrong between the page and the server
  'problem.internal': 'The server made a mistake of its own; its log says more.',
  'problem.given_up': 'The request was given up before it was done. Try again.',
  'problem.stopping': 'The server is stopping. Try again in a moment.',
  'problem.foreign_origin': 'The request comes from a page of another site.',
  'problem.no_route': ({ path }: Values) => `There is nothing at ${path}.`,
  'problem.request_invalid': 'The request is not as it has to be.',
  'problem.request_too_large': 'The request is larger than is allowed.',
  'problem.request_slow': 'The request came in too slowly. Try again.',
  'problem.request_type': 'The server does not speak this format.',
  'problem.database_away': 'The database is not available at the moment. Try again in a few seconds.',
  'problem.database_starting': 'The database is starting. Try again in a few seconds.',
  'problem.database_restarting': 'The database stopped and is being started again. Try again in a few seconds.',
  'problem.database_stopped': 'The database was stopped.',
  'problem.database_read_only': 'The database is read-only at the moment. Try again later.',
  'problem.database_slow': ({ after }: Values) => `The database did not answer within ${after}. Try again later.`,
  'problem.disk_full_database':
    'The database’s disk is full. Free space, then try again: nothing that was acknowledged is lost.',
  'problem.disk_full_data': ({ left_mib, kept_mib }: Values) =>
    `The server’s disk is full: ${left_mib} MiB are left in its data directory, and ${kept_mib} MiB are kept for the database. Free space, then try again: nothing that was acknowledged is lost.`,
  'problem.disk_full_upload':
    'The server’s disk is full. Free space in its data directory, then import the file again.',
  'problem.disk_full_files':
    'The disk on which files from stations are kept is full. Free space there, then try again.',
  'problem.files_unavailable': 'The store of files does not answer as it should; the server’s log says more.',
  'problem.records_wait': ({ records }: Values) => `${records} records wait to be written. Try again in a moment.`,
  'problem.binaries_slow': ({ limit }: Values) =>
    `Looking through the binaries took longer than ${limit}. Ask for less, or try again later.`,
  'problem.devices_slow': ({ limit }: Values) =>
    `Looking through the devices took longer than ${limit}. Ask for less, or try again later.`,
  'problem.tree_slow': ({ limit }: Values) =>
    `Reading the tree below this process took longer than ${limit}. Look at a smaller part of it.`,

  // Members of a request
  'problem.member_unknown': ({ member }: Values) => `There is no “${member}” here.`,
  'problem.member_missing': ({ member }: Values) => `“${member}” is missing.`,
  'problem.member_time': ({ member }: Values) => `“${member}” is not a time; write it as 2026-11-20T08:00:00Z.`,
  'problem.member_boolean': ({ member }: Values) => `“${member}” has to be true or false.`,
  'problem.member_number': ({ member }: Values) => `“${member}” has to be a number.`,
  'problem.member_integer': ({ member }: Values) => `“${member}” has to be a whole number.`,
  'problem.member_string': ({ member }: Values) => `“${member}” has to be a text.`,
  'problem.member_list': ({ member }: Values) => `“${member}” has to be a list.`,
  'problem.member_object': ({ member }: Values) => `“${member}” has to be an object.`,
  'problem.member_one_of': ({ member, choices }: Values) => `“${member}” has to be one of: ${choices}.`,
  'problem.member_least': ({ member, least }: Values) => `“${member}” has to be at least ${least}.`,
  'problem.member_most': ({ member, most }: Values) => `“${member}” may be at most ${most}.`,
  'problem.member_short': ({ member, least }: Values) =>
    `“${member}” is too short: it takes at least ${least} characters.`,
  'problem.member_long': ({ member, most }: Values) => `“${member}” is too long: it takes at most ${most} characters.`,
  'problem.member_pattern': ({ member, pattern }: Values) => `“${member}” does not have the form it needs: ${pattern}.`,
  'problem.member_few': ({ member, least }: Values) => `“${member}” needs at least ${least} entries.`,
  'problem.member_many': ({ member, most }: Values) => `“${member}” takes at most ${most} entries.`,

  // Who may, and who is logged in
  'problem.login_wrong': 'Name or password is wrong.',
  'problem.login_too_many': ({ seconds }: Values) => `Too many failed log-ins. Try again in ${seconds} seconds.`,
  'problem.not_logged_in': 'Nobody is logged in. Log in first.',
  'problem.session_ended': 'The session has ended. Log in again.',
  'problem.authorization_malformed': 'The Authorization header is not understood; it has to be “Bearer” and a token.',
  'problem.password_change_required': 'The password has to be changed first.',
  'problem.password_short': ({ characters, least }: Values) =>
    `The password has ${characters} characters; it needs at least ${least}.`,
  'problem.password_long': ({ characters, most }: Values) =>
    `The password has ${characters} characters; at most ${most} are taken.`,
  'problem.password_has_name': 'The password contains the user’s name. Choose another.',
  'problem.password_one_character': 'The password is one character repeated. Choose another.',
  'problem.password_same': 'The new password is the current one. Choose another.',
  'problem.password_wrong': 'The current password is wrong.',
  'problem.role_needed': ({ needed_role, role }: Values) => `This needs the role ${needed_role}; yours is ${role}.`,
  'problem.no_user': ({ user }: Values) => `There is no user ${user}.`,
  'problem.user_exists': ({ user }: Values) => `There is a user “${user}” already.`,
  'problem.last_administrator': 'This is the last administrator who can log in. Make another one first.',
  'problem.no_token': ({ id }: Values) => `There is no token ${id}.`,
  'problem.token_unknown': 'The token is unknown, expired or revoked. Make a new one in the settings.',
  'problem.token_expired': ({ end_time }: Values) => `The token would have expired already, at ${end_time}.`,
  'problem.token_for_others': 'Only an administrator can make tokens for others.',
  'problem.token_no_user': 'Name the user in whose name the token acts.',
  'problem.token_rights': ({ role }: Values) => `A token cannot have more rights than its user: at most ${role}.`,
  'problem.token_no_password': 'A token cannot change its user’s password.',
  'problem.no_enrolment_key': ({ id }: Values) => `There is no enrolment key ${id}.`,
  'problem.key_no_name': 'The key needs a name that says what it is for.',
  'problem.key_expired': ({ end_time }: Values) => `The key would have expired already, at ${end_time}.`,

  // What is not there

  // Clients
  'problem.confirm_missing': 'This needs your password once more.',
  'problem.confirm_wrong': 'The password is wrong.',
  'problem.client_none':
    'This server was built without clients. “make build” builds them and puts them into the program.',
  'problem.client_no_server': 'Clients are made by a running server.',
  'problem.client_no_agents': 'This server hears no agents: it was started with --agent-listen=off.',
  'problem.client_format_missing': ({ format }: Values) =>
    `This server was built without clients of the format ${format}: the tools that make them were not installed.`,
  'problem.client_signed_other_build': ({ version }: Values) =>
    `A signed one is here too, but it was made from another build of ${version}. Sign this one with “eljefe client sign”.`,
  'problem.client_signed_other_version': ({ version, carried }: Values) =>
    `A signed one is here too, but of version ${version}, and this server carries ${carried}. Sign this one with “eljefe client sign”.`,
  'problem.client_unknown': ({ client, known }: Values) => `There is no client ${client}. There are: ${known}.`,
  'problem.client_no_format': ({ format }: Values) => `A client of the format ${format} is unknown.`,
  'problem.client_no_system': ({ system }: Values) => `There is no agent for the system ${system}.`,
  'problem.client_which': 'Choose which client is to be made.',
  'problem.client_which_key': 'Choose how its stations enrol: with a key that is there, or with a new one.',
  'problem.client_key_revoked': ({ name }: Values) =>
    `The enrolment key “${name}” was revoked: it lets nobody in. Choose another one, or make a new one.`,
  'problem.client_key_expired': ({ name }: Values) =>
    `The enrolment key “${name}” has expired: it lets nobody in. Choose another one, or make a new one.`,
  'problem.client_key_used_up': ({ name, uses }: Values) =>
    `The enrolment key “${name}” has let in as many stations as it may, ${uses}. Choose another one, or make a new one.`,
  'problem.client_no_key': 'The enrolment key is missing: without one the client cannot enrol.',
  'problem.client_key_form': 'This is no enrolment key.',
  'problem.client_server_form': ({ address, example }: Values) =>
    `“${address}” is no address of a server. Write it as in ${example}.`,
  'problem.client_server_more': ({ address }: Values) =>
    `The server’s address is “${address}”. Nothing may follow host and port, and no name stand before them.`,
  'problem.client_address_form': ({ address, port }: Values) =>
    `“${address}” is no address of a server. Write it as in https://eljefe.example.org:${port}.`,
  'problem.client_address_loopback': ({ host }: Values) =>
    `${host} means each station itself. Give the name or the address by which stations reach this server.`,
  'problem.client_address_unknown': ({ host }: Values) =>
    `The name ${host} is not found from this server. Stations that do not find it cannot report.`,
  'problem.client_address_uncovered': ({ host }: Values) =>
    `The server’s certificate is not for ${host}. Agents do not mind, browsers do. Add the name to the certificate.`,
  'problem.client_address_port': ({ listens, port }: Values) =>
    `This server hears agents on port ${listens}, and not on ${port}. That is right only where something in between passes it on.`,
  'problem.client_proxy': 'The proxy is no address of one. Write it as http://proxy.example.org:3128, or “none”.',
  'problem.client_spool': ({ spool_bytes, least_bytes, most_bytes }: Values) =>
    `The space for waiting events is ${spool_bytes}. Between ${least_bytes} and ${most_bytes} are possible.`,
  'problem.client_source_unknown': ({ source }: Values) => `There is no source of events “${source}”.`,
  'problem.client_source_system': ({ source, system }: Values) =>
    `The source of events “${source}” does not exist on ${system}.`,
  'problem.client_settings_long': ({ settings_bytes, most_bytes }: Values) =>
    `The settings take ${settings_bytes}, and a client has place for ${most_bytes}. Shorten the server’s address or the proxy’s.`,
  'problem.client_many': ({ most }: Values) => `${most} clients wait to be fetched. Try again in some minutes.`,
  'problem.client_download_gone': ({ minutes, most }: Values) =>
    `There is no such client, or none any more: it can be fetched for ${minutes} minutes, ${most} times, and until the server stops. Make it anew.`,
  'problem.client_download_changed': ({ file }: Values) =>
    `The program that ${file} is made from was changed since. Make the client anew.`,
  'problem.server_name_form': ({ name }: Values) =>
    `“${name}” is neither a host name nor an address, as in eljefe.example.org.`,
  'problem.server_name_many': ({ most }: Values) => `${most} names were added already. Remove those that nobody uses.`,
  'problem.server_name_own': ({ name }: Values) =>
    `${name} was not added here: it is the machine’s own, or the server was started with it (--name).`,
  'problem.server_name_unknown': ({ name }: Values) => `The certificate is not for ${name}.`,
  'problem.server_name_no_server': 'The certificate is kept by a running server.',

  'problem.no_station': ({ id }: Values) => `There is no station ${id}.`,
  'problem.no_binary': ({ id }: Values) =>
    `There is no binary ${id}. It may have been removed with the only station that ran it.`,
  'problem.no_binary_hash': ({ hash }: Values) => `No binary with the hash ${hash} has run.`,
  'problem.binary_name': ({ name }: Values) =>
    `“${name}” names no binary. Write its number, or a whole SHA-256, SHA-1 or MD5.`,
  'problem.hash_length': ({ digits }: Values) => `A hash of ${digits} digits is neither SHA-256 nor SHA-1 nor MD5.`,
  'problem.no_device': ({ id }: Values) =>
    `There is no device ${id}. It may have been removed with the only station that had it.`,
  'problem.no_process': ({ id }: Values) =>
    `No process ${id} is stored. It may have been removed with its day or its station.`,
  'problem.process_id': ({ text }: Values) => `“${text}” is not the id of a process.`,
  'problem.no_task': ({ id }: Values) => `There is no task ${id}.`,
  'problem.facts_pending': 'The file was fetched and is being examined. Ask again in a moment.',
  'problem.no_sha256': 'The SHA-256 of this binary is not known, so its content cannot be asked for.',
  'problem.no_file': ({ sha256 }: Values) => `No file with the SHA-256 ${sha256} is stored. Ask a station for it.`,
  'problem.not_sha256': ({ text }: Values) => `“${text}” is not a SHA-256 of 64 hexadecimal digits.`,
  'problem.file_not_kept': ({ sha256 }: Values) =>
    `The content of ${sha256} is not kept here. Fetch it from a station.`,
  'problem.no_file_contents': 'Only a running server gives the content of files.',
  'problem.no_import': ({ id }: Values) => `There is no import ${id}.`,
  'problem.no_search': ({ id }: Values) => `There is no saved search ${id}.`,
  'problem.no_field': ({ field }: Values) => `There is no field “${field}”.`,

  // Lists
  'problem.cursor_unknown': 'The list cannot go on from here. Read it from the beginning.',
  'problem.tree_cursor': 'The tree cannot go on from here. Read it from the beginning.',
  'problem.after_unknown': ({ after }: Values) => `“${after}” is neither a time nor the id of an event.`,
  'problem.sort_unknown': ({ name }: Values) => `The list cannot be sorted by “${name}”.`,
  'problem.facet_field': ({ field }: Values) =>
    `The values of ${field} cannot be counted; those of texts, numbers, hashes and of fields with a fixed set of values can.`,
  'problem.binary_facet_field': ({ field }: Values) =>
    `The values of ${field} cannot be counted; those of what a binary says of itself, of its name and of who signed it can.`,
  'problem.station_facet_field': ({ field }: Values) => `The values of ${field} cannot be counted for stations.`,
  'problem.range_backwards': ({ to_time, from_time }: Values) =>
    `The time range ends at ${to_time}, before it begins at ${from_time}.`,
  'problem.range_reversed': 'The time range ends before it begins.',
  'problem.range_long': 'The time range is longer than 92 days. Ask for less.',

  // Stations
  'problem.station_name_long': ({ characters, most }: Values) =>
    `The name has ${characters} characters; at most ${most} are kept.`,
  'problem.label_length': ({ label, most }: Values) =>
    `The label “${label}” does not do: a label has 1 to ${most} characters.`,
  'problem.labels_too_many': ({ labels, most }: Values) => `${labels} labels are too many; at most ${most} are kept.`,
  'problem.station_reports': ({ station }: Values) =>
    `Station ${station} reports by itself. Retire or revoke it first.`,
  'problem.station_removed': 'The station was removed meanwhile.',
  'problem.station_revoked': ({ id }: Values) =>
    `Station ${id} was revoked, and that cannot be taken back. Remove the agent’s data on it and enrol it anew.`,

  // Tasks
  'problem.task_verb': ({ verb }: Values) => `No station can be asked for “${verb}”.`,
  'problem.task_needs': ({ verb, member }: Values) => `${verb} needs ${member}.`,
  'problem.task_takes_no': ({ verb, member }: Values) => `${verb} takes no ${member}.`,
  'problem.task_no_why': 'Say what it is for: that is kept with the task.',
  'problem.task_role': ({ needed_role, role }: Values) =>
    `Ending a process needs the role ${needed_role}; yours is ${role}.`,
  'problem.task_station_gone': ({ station_id }: Values) =>
    `Station ${station_id} was retired or revoked: it takes no tasks.`,
  'problem.task_station_imported': ({ station }: Values) =>
    `Station ${station} is known from imported files only: there is nobody to ask.`,
  'problem.task_station_restarted': ({ station, pid, image }: Values) =>
    `Station ${station} was started anew since: process ${pid}, ${image}, cannot run any more.`,
  'problem.task_client_cannot': ({ station }: Values) =>
    `The client on station ${station} was not made to end processes.`,
  'problem.task_never_ran': ({ sha256, station }: Values) =>
    `${sha256} has never run on station ${station}. Ask a station that has run it.`,
  'problem.task_other_station': ({ station }: Values) => `The process ran on another station than ${station}.`,
  'problem.task_process_ended': ({ pid, image }: Values) => `Process ${pid}, ${image}, has ended already.`,
  'problem.task_file_here': 'The file is here already.',
  'problem.task_over': ({ id }: Values) => `Task ${id} is over already.`,
  'problem.task_not_asked': 'The station did not ask for it in time.',
  'problem.task_not_answered': 'The station did not say in time what became of it.',
  'problem.task_cancelled': ({ who }: Values) => `Cancelled by ${who}.`,
  'problem.update_no_order': ({ version }: Values) =>
    `The version ${version} has no order, so nobody can say what is newer. Build the server from a commit that has a tag such as v1.4.0, or give VERSION to make.`,
  'problem.update_too_large': ({ size_bytes, most_bytes }: Values) =>
    `The program has ${size_bytes}. Agents take at most ${most_bytes}.`,
  'problem.update_paused_by': ({ who }: Values) => `${who} paused it.`,
  'problem.update_paused_failures': ({ failed, all }: Values) =>
    `It failed on ${failed} of the ${all} stations that were updated.`,
  'problem.task_cancelled_then': ({ who, task_state, words }: Values) =>
    `Cancelled by ${who}. Then the station reported (${task_state}): ${words}`,

  // Saved searches
  'problem.search_exists': ({ name }: Values) =>
    `There is a saved search called “${name}” already. Choose another name, or change that one.`,
  'problem.search_no_name': 'A saved search needs a name and a page.',
  'problem.search_two_ranges': 'A search has a range, or a beginning and an end, not both.',
  'problem.search_no_user': 'A search belongs to a user. Log in as one.',
  'problem.search_share_role': ({ needed_role, role }: Values) =>
    `Sharing a search needs the role ${needed_role}; yours is ${role}.`,
  'problem.search_foreign': ({ owner }: Values) =>
    `The search belongs to ${owner}. Save your own copy, or ask an administrator.`,
  'problem.search_ownerless':
    'The search has no owner any more: nobody would see it if it was not shared. Remove it instead.',

  // Imports
  'problem.upload_too_large': ({ most_bytes }: Values) =>
    `The file is larger than the ${most_bytes} that an upload may have. Import it on the server with “eljefe import”, or raise --max-upload.`,
  'problem.no_uploads': 'This server takes no uploads.',
  'problem.import_no_name': 'The file has no name.',
  'problem.import_empty': 'The file is empty.',
  'problem.import_not_a_log':
    'The file is neither a Windows event log (.evtx, beginning with ElfFile), nor an event trace (.etl), nor newline-delimited JSON (each line an object).',
  'problem.import_json_lines':
    'The file is JSON, but each event must be an object on a line of its own; “jq -c .” makes it so.',
  'problem.import_compressed': ({ kind }: Values) =>
    `The file is compressed (${kind}). Unpack it, and import what is in it.`,
  'problem.import_stopped': 'The import was stopped. Import the file again: what was added is not added twice.',
  'problem.import_interrupted':
    'The server stopped while it was importing. Import the file again: what was added stays and is not added twice.',
  'problem.import_broke_off': 'The upload broke off. Try again.',
  'problem.import_failed': 'The import failed; the server’s log says why.',
  'problem.import_more': 'and more of the kind',
  'problem.trace_unnamed': ({ station }: Values) =>
    `The trace does not say which computer it is of: its events are under the name of the file, “${station}”. “eljefe import --station” gives another.`,
  'problem.trace_incomplete': ({ events, buffers, losses }: Values) =>
    `The trace is incomplete: while it was recorded, ${events} events and ${buffers} buffers of events were lost, and ${losses} losses were noted in it.`,
  'problem.at_line': ({ line, why }: Values) => `line ${line}: ${why}`,
  'problem.at_record': ({ record, why }: Values) => `record ${record}: ${why}`,
  'problem.damage_etl': ({ buffer, offset, why }: Values) => `buffer ${buffer}, offset ${offset}: ${why}`,
  'problem.damage_evtx': ({ chunk, offset, record, why }: Values) =>
    `chunk ${chunk}, offset ${offset}${record ? `, record ${record}` : ''}: ${why}`,
  'problem.damage_evtx_altered': ({ chunk, offset, record, why }: Values) =>
    `chunk ${chunk}, offset ${offset}${record ? `, record ${record}` : ''}: ${why} (the chunk’s checksum does not match)`,
  'problem.event_no_station': 'nothing says which computer this happened on',
  'problem.event_future': ({ at_time }: Values) => `its time, ${at_time}, lies in the future`,
  'problem.event_old': ({ at_time, days }: Values) =>
    `its time, ${at_time}, is before the ${days} days that events are kept here; raise --retention to keep it`,
  'problem.evtx_cut_header': ({ bytes, of }: Values) =>
    `the file ends inside its header, after ${bytes} of ${of} bytes`,
  'problem.evtx_cut_chunk': ({ bytes, of }: Values) => `the file ends inside a chunk, after ${bytes} of ${of} bytes`,
  'problem.evtx_cut_chunk_header': ({ bytes, of }: Values) =>
    `the file ends inside a chunk’s header, after ${bytes} of ${of} bytes`,
  'problem.evtx_chunk_empty': 'the chunk lacks its signature ElfChnk and has no records',
  'problem.evtx_chunk_unsigned': 'the chunk lacks its signature ElfChnk',
  'problem.evtx_no_record': ({ bytes }: Values) => `no record where one should begin; ${bytes} bytes skipped`,
  'problem.evtx_record_cut': 'the record ends in the middle',
  'problem.evtx_no_event': 'the record holds no event',
  'problem.evtx_unfolds': 'its records unfold to more than an honest log’s can',
  'problem.json_no_event': 'the object has neither “kind” (El Jefe’s own events) nor “EventID” (Windows events)',
  'problem.json_syntax': ({ byte }: Values) => `not JSON from byte ${byte} on`,
  'problem.json_type': ({ member, found, wanted }: Values) => `${member} holds a ${found} where ${wanted} is wanted`,
  'problem.json_long_line': ({ most_bytes }: Values) => `longer than ${most_bytes}`,

  // Filters: what is wrong, and what to write
  'problem.filter_no_field': ({ field }: Values) =>
    `There is no field “${field}”. Choose another, or quote the text to look for it as a word.`,
  'problem.filter_field_elsewhere': ({ field, of, others }: Values) =>
    `${field} is not a field of ${of} but of ${others}. Remove it, or look among the ${others}.`,
  'problem.filter_too_long': ({ bytes, most }: Values) =>
    `The filter has ${bytes} bytes; at most ${most} are taken. Shorten it, or use a list: field:(a OR b).`,
  'problem.filter_too_deep': ({ most }: Values) =>
    `The filter is nested more than ${most} levels deep. Remove parentheses or negations.`,
  'problem.filter_too_many_terms': ({ most }: Values) => `The filter has more than ${most} terms. Remove some.`,
  'problem.filter_stray_close': 'This ) has no ( before it. Remove it, or quote it to look for it.',
  'problem.filter_open_group': 'This ( is never closed. Write ) where it ends, or quote it to look for it.',
  'problem.filter_empty_group': 'There is nothing between these parentheses. Write a term, or remove them.',
  'problem.filter_term_before': ({ word }: Values) =>
    `${word} needs a term before it. Write one, remove ${word}, or quote "${word}" to look for the word.`,
  'problem.filter_term_after': ({ word }: Values) =>
    `${word} needs a term after it. Write one, remove ${word}, or quote "${word}" to look for the word.`,
  'problem.filter_minus_alone': 'A - before a term negates it, and here is no term. Quote text that begins with -.',
  'problem.filter_empty_phrase': '"" looks for nothing. Write what to look for, or field:"" for an empty field.',
  'problem.filter_bare_star': '* alone holds for every event. Write more, or field:* for a field that is known.',
  'problem.filter_quote_inside':
    'A quote stands inside a value. Quote the whole value, and write \\" for a quote in it.',
  'problem.filter_after_quote':
    'Text follows a closing quote. Write a space between them, or \\" for a quote inside quotes.',
  'problem.filter_open_quote': 'This quote is never closed. Write " where the text ends.',
  'problem.filter_escaped_quote':
    'This quote is never closed, since \\" is a quote inside the text. Write \\\\" to end with a backslash.',
  'problem.filter_open_list': 'This list is never closed. Write ) after its last value.',
  'problem.filter_empty_list': ({ field }: Values) => `This list is empty. Write ${field}:(a OR b).`,
  'problem.filter_value_missing': ({ field }: Values) =>
    `Here a value of ${field} is missing. Write ${field}:(a OR b).`,
  'problem.filter_group_in_list': 'A list holds only values. Quote text with parentheses.',
  'problem.filter_list_joint': ({ field }: Values) =>
    `The values of a list are joined by OR. Quote a value with spaces, or repeat the field outside the list for AND: ${field}:a ${field}:b.`,
  'problem.filter_no_value': ({ field, example }: Values) =>
    `${field} needs a value directly after the colon, such as ${example}; ${field}:"" is an empty one.`,
  'problem.filter_no_comparison': ({ field, value }: Values) =>
    `${field}: “${value}” is no comparison; there are > >= < <= = and !=.`,
  'problem.filter_compares_nothing': ({ field, value, example }: Values) =>
    `${field}: “${value}” compares with nothing. Write a value after it, such as ${example}.`,
  'problem.filter_comparison_and_range': ({ field, value }: Values) =>
    `${field}: “${value}” has both a comparison and a range. Leave one out.`,
  'problem.filter_range_no_ends': ({ field, value }: Values) =>
    `${field}: “${value}” is a range without ends. Write one as in ${field}:a..b.`,
  'problem.filter_range_backwards': ({ field, value }: Values) =>
    `${field}: “${value}” is a range from the larger to the smaller end. Exchange them.`,
  'problem.filter_not_listed': ({ field, value, values }: Values) => `${field}: “${value}” is not one of ${values}.`,
  'problem.filter_not_boolean': ({ field, value }: Values) => `${field}: “${value}” is neither true nor false.`,
  'problem.filter_not_number': ({ field, value, example }: Values) =>
    `${field}: “${value}” is not a number. Write a whole number, such as ${example}.`,
  'problem.filter_not_decimal': ({ field, value, example }: Values) =>
    `${field}: “${value}” is not a number with at most two decimals. Write one such as ${example}.`,
  'problem.filter_not_size': ({ field, value }: Values) =>
    `${field}: “${value}” is not a size. Write a number of bytes, or one like 10KiB or 5MB.`,
  'problem.filter_not_duration': ({ field, value }: Values) =>
    `${field}: “${value}” is not a duration. Write one like 500ms, 1m30s, 2h or 3d, up to 36500d.`,
  'problem.filter_not_time': ({ field, value }: Values) =>
    `${field}: “${value}” is not a time. Write one like 2026-11-20, 2026-11-20T08:00, 2026-11-20T08:00:01.5Z or -24h.`,
  'problem.filter_time_beyond': ({ field, value }: Values) => `${field}: “${value}” is outside the years 1601 to 9999.`,
  'problem.filter_unsigned': ({ field, value, unsigned }: Values) =>
    `${field}: codes are unsigned; ${value} is ${unsigned}.`,
  'problem.filter_not_guid': ({ field, value }: Values) =>
    `${field}: “${value}” is not a GUID. Write 32 hexadecimal digits, with or without dashes.`,
  'problem.filter_not_hash': ({ field, value }: Values) =>
    `${field}: “${value}” is not a hash. Write hexadecimal digits.`,
  'problem.filter_hash_short': ({ field, value }: Values) =>
    `${field}: “${value}” is too short for a hash. Write at least 6 of its digits.`,
  'problem.filter_hash_long': ({ field, value, digits, most }: Values) =>
    `${field}: “${value}” has ${digits} digits; a whole ${field} has ${most}.`,
  'problem.filter_hash_longest': ({ value, digits, most }: Values) =>
    `hash: “${value}” has ${digits} digits; the longest kind, SHA-256, has ${most}.`,
  'problem.filter_hash_named': ({ field, value }: Values) =>
    `${field}: “${value}” has a name before the digits. Leave it out.`,
  'problem.filter_hash_other': ({ field, value, kind, digits }: Values) =>
    `${field}: “${value}” is another kind of hash. Write ${kind}:${digits}.`,
  'problem.filter_not_privilege': ({ field, value }: Values) =>
    `${field}: “${value}” is not a privilege; they are named like SeDebugPrivilege.`,
  'problem.filter_fits_no_privilege': ({ field, value }: Values) =>
    `${field}: “${value}” fits no privilege; they are named like SeDebugPrivilege.`,
  'problem.filter_not_capability': ({ field, value }: Values) =>
    `${field}: “${value}” is not a capability; they are named like cap_sys_admin.`,
  'problem.filter_fits_no_capability': ({ field, value }: Values) =>
    `${field}: “${value}” fits no capability; they are named like cap_sys_admin.`,

  'filterOf.events': 'events',
  'filterOf.binaries': 'binaries',
  'filterOf.devices': 'USB devices',
};
