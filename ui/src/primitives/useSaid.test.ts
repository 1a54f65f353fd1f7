import { describe, expect, it } from 'vitest';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { es } from '@/app/i18n/es';
import { makeFormat } from '@/app/i18n/format';
import { sayer } from './useSaid';

const spanish = sayer(translator(es), makeFormat('es', 'utc'));
const english = sayer(translator(en), makeFormat('en', 'utc'));

describe('what the server says', () => {
  it('is said in the language of the page', () => {
    const said = { code: 'no_station', params: { id: 7 }, message: 'there is no station 7' };
    expect(spanish.text(said)).toBe('No existe la estación 7.');
    expect(english.text(said)).toBe('There is no station 7.');
  });

  it('stays as it is where the page does not know the code, or there is none', () => {
    expect(spanish.inCode({ code: 'from_a_newer_server' })).toBeUndefined();
    expect(spanish.text({ code: 'from_a_newer_server', message: 'something new' })).toBe('something new');
    expect(spanish.text({ message: 'no code' })).toBe('no code');
  });

  it('shows values as their names tell', () => {
    expect(spanish.text({ code: 'upload_too_large', params: { most_bytes: 1 << 30 } })).toContain('los 1\u00a0GiB');
    expect(spanish.text({ code: 'role_needed', params: { needed_role: 'analyst', role: 'viewer' } })).toBe(
      'Para esto hace falta el rol Analista; el suyo es Lector.',
    );
    expect(spanish.text({ code: 'token_expired', params: { end_time: '2026-11-20T08:00:00Z' } })).toContain(
      '2026-11-20 08:00:00',
    );
    expect(
      spanish.text({ code: 'filter_not_listed', params: { field: 'kind', value: 'x', values: ['start', 'stop'] } }),
    ).toBe('kind: «x» no es ninguno de estos: start, stop.');
    expect(
      spanish.text({ code: 'filter_field_elsewhere', params: { field: 'f', of: 'events', others: 'binaries' } }),
    ).toContain('no es un campo de eventos, sino de binarios');
  });

  it('says a reason within a reason, and leaves out what is not known', () => {
    const why = { code: 'evtx_record_cut', message: 'the record ends in the middle' };
    const params = { chunk: 3, offset: '0x1000', why };
    expect(spanish.text({ code: 'damage_evtx', params })).toBe(
      'bloque 3, posición 0x1000: el registro termina a la mitad',
    );
    expect(spanish.text({ code: 'damage_evtx', params: { ...params, record: 9 } })).toContain(', registro 9:');
    expect(spanish.text({ code: 'at_line', params: { line: 2, why: 'deep inside' } })).toBe('línea 2: deep inside');
  });

  it('shows hostile values by their names', () => {
    expect(spanish.text({ code: 'filter_no_field', params: { field: 'a\u202eb' } })).toContain('«a\\u202eb»');
  });
});
