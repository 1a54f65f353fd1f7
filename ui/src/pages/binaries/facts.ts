import type { Binary } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import type { Fact, FactGroup } from '@/primitives/Facts';
import { entropy } from '../process/missing';

/** What is known about a binary itself, in groups. */
export function binaryFacts(binary: Binary, t: Translate, fmt: Format): FactGroup[] {
  const fact = (
    member: 'description' | 'product' | 'company' | 'file_version' | 'original_file_name' | 'signer' | 'architecture',
  ): Fact | undefined => {
    const value = binary[member];
    return value ? { name: t(`field.${member}`), shown: value, value: { field: member, value } } : undefined;
  };
  const hash = (member: 'sha256' | 'sha1' | 'md5' | 'imphash' | 'entry_sha256'): Fact | undefined => {
    const value = binary[member];
    return value
      ? { name: t(`field.${member}`), shown: value, code: true, copied: true, value: { field: member, value } }
      : undefined;
  };
  return [
    {
      title: t('binary.hashes'),
      facts: [hash('sha256'), hash('sha1'), hash('md5'), hash('imphash'), hash('entry_sha256')],
    },
    {
      title: t('binary.about'),
      facts: [
        fact('original_file_name'),
        fact('description'),
        fact('product'),
        fact('company'),
        fact('file_version'),
        binary.file_size === undefined
          ? undefined
          : {
              name: t('field.file_size'),
              shown: `${fmt.bytes(binary.file_size)} (${fmt.number(binary.file_size)})`,
              value: { field: 'file_size', value: String(binary.file_size) },
            },
        fact('architecture'),
        binary.entry_entropy === undefined
          ? undefined
          : {
              name: t('field.entry_entropy'),
              shown: entropy(binary.entry_entropy, t, fmt),
              value: { field: 'entry_entropy', value: String(binary.entry_entropy) },
            },
        binary.compiled === undefined ? undefined : { name: t('field.compiled'), shown: fmt.exact(binary.compiled) },
        fact('signer'),
        binary.signed === undefined
          ? undefined
          : {
              name: t('field.signed'),
              shown: binary.signed ? t('yes') : t('no'),
              value: { field: 'signed', value: String(binary.signed) },
            },
      ],
    },
    {
      title: t('binary.paths'),
      facts: binary.paths.map(
        (path, i): Fact => ({
          name: i === 0 ? t('field.image') : `${t('field.image')} ${i + 1}`,
          shown: path,
          code: true,
          value: { field: 'image', value: path },
        }),
      ),
    },
    {
      title: t('binary.tab.prevalence'),
      facts: [
        { name: t('binary.stations'), shown: fmt.number(binary.stations) },
        { name: t('binary.runs'), shown: fmt.number(binary.runs) },
        { name: t('binary.firstSeen'), shown: fmt.exact(binary.first_seen) },
        { name: t('binary.lastSeen'), shown: fmt.exact(binary.last_seen) },
      ],
    },
  ];
}
