import { SegmentedControl } from '@mantine/core';
import { IconBrandDebian, IconBrandWindows, IconFileZip, IconPackage } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ClientFormat, ClientPackage, Said } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Choice } from '@/primitives/Choice';
import { Notice } from '@/primitives/Notice';
import { Line, Quiet } from '@/primitives/Page';
import { HostileText } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { architectures, formats, nearest } from './draft';

const icons: Record<ClientFormat, ReactNode> = {
  exe: <IconBrandWindows size={16} stroke={1.6} />,
  msi: <IconPackage size={16} stroke={1.6} />,
  deb: <IconBrandDebian size={16} stroke={1.6} />,
  tar: <IconFileZip size={16} stroke={1.6} />,
};

interface PackageChoiceProps {
  packages: readonly ClientPackage[];
  notes: readonly Said[];
  value: ClientPackage;
  onChange(id: string): void;
}

/** Which kind of client, and for which processor. */
export function PackageChoice({ packages, notes, value, onChange }: PackageChoiceProps) {
  const { t } = useI18n();
  const { text } = useSaid();
  const choose = (format: ClientFormat, arch: ClientPackage['arch']) => {
    const found = nearest(packages, format, arch);
    if (found) onChange(found.id);
  };
  return (
    <>
      <Choice
        label={t('client.what')}
        value={value.format}
        onChange={(format) => choose(format, value.arch)}
        items={formats.map((format) => {
          const there = nearest(packages, format, value.arch) !== undefined;
          return {
            value: format,
            icon: icons[format],
            title: t(`client.format.${format}`),
            text: there ? t(`client.format.${format}.text`) : t('client.formatMissing'),
            disabled: !there,
          };
        })}
      />
      <Line>
        <SegmentedControl
          aria-label={t('client.processor')}
          value={value.arch}
          onChange={(arch) => choose(value.format, arch as ClientPackage['arch'])}
          data={architectures.map((arch) => ({
            value: arch,
            label: t(`client.arch.${arch}`),
            disabled: !packages.some((each) => each.format === value.format && each.arch === arch),
          }))}
        />
        <PackageFacts of={value} />
      </Line>
      {value.system === 'windows' && !value.signed ? <Notice>{t('client.unsignedText')}</Notice> : null}
      {value.note ? <Notice>{text(value.note)}</Notice> : null}
      {notes.map((note) => (
        <Notice key={text(note)}>{text(note)}</Notice>
      ))}
    </>
  );
}

function PackageFacts({ of }: { of: ClientPackage }) {
  const { t, fmt } = useI18n();
  return (
    <Quiet>
      {t('client.version', { version: of.version })} · {fmt.bytes(of.size)}
      {of.system === 'linux' ? null : (
        <>
          {' · '}
          {of.signed && of.signer ? (
            <>
              {t('client.signedBy')} <HostileText limit={60}>{of.signer}</HostileText>
            </>
          ) : (
            t(of.signed ? 'client.signed' : 'client.unsigned')
          )}
        </>
      )}
    </Quiet>
  );
}
