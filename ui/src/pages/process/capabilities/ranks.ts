import { rank } from '../rights';

/** Those with which the agent counts a process as elevated. */
const machine = [
  'cap_sys_admin',
  'cap_sys_module',
  'cap_sys_ptrace',
  'cap_sys_rawio',
  'cap_bpf',
  'cap_dac_override',
  'cap_dac_read_search',
  'cap_setuid',
  'cap_setgid',
  'cap_setfcap',
  'cap_setpcap',
  'cap_chown',
  'cap_fowner',
  'cap_mac_admin',
];

const some = [
  'cap_net_admin',
  'cap_net_raw',
  'cap_kill',
  'cap_sys_chroot',
  'cap_mknod',
  'cap_linux_immutable',
  'cap_mac_override',
  'cap_audit_control',
  'cap_audit_read',
  'cap_syslog',
  'cap_perfmon',
  'cap_checkpoint_restore',
  'cap_ipc_owner',
  'cap_fsetid',
  'cap_sys_boot',
  'cap_sys_time',
  'cap_sys_resource',
  'cap_sys_nice',
  'cap_sys_tty_config',
  'cap_audit_write',
  'cap_ipc_lock',
];

const usual = [
  'cap_net_bind_service',
  'cap_net_broadcast',
  'cap_lease',
  'cap_sys_pacct',
  'cap_wake_alarm',
  'cap_block_suspend',
];

/** Every capability of Linux, the most dangerous first. */
export const capabilitiesRanked = rank({ machine, some, usual });
