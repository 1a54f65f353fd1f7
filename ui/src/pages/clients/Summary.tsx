import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import type { Clients, EnrolmentKey, MadeClient } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Fields, FormError } from '@/primitives/Card';
import { Panel } from '@/primitives/Page';
import { OwnPassword } from '@/primitives/PasswordDialog';
import { Points } from '@/primitives/Points';
import { useErrorText } from '@/primitives/State';
import { HostileText } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { Verdict } from '@/primitives/Verdict';
import { type Asked, addressFault, addressOf, bodyOf, mebibyte, unready } from './draft';
import { keyFacts } from './KeyChoice';
import { sensorText } from './OptionFields';
import { useMake } from './useMake';

interface SummaryProps {
  clients: Clients;
  asked: Asked;
  /** The existing key that is chosen. */
  chosen: EnrolmentKey | undefined;
  onMade(made: MadeClient): void;
}

/** What the client will be, in short, and the password that makes it. */
export function Summary({ clients, asked, chosen, onMade }: SummaryProps) {
  const { t } = useI18n();
  const { text } = useSaid();
  const errorText = useErrorText();
  const [password, setPassword] = useState('');
  const make = useMake(password, (made) => {
    setPassword('');
    onMade(made);
  });
  const usable = !clients.why_not && (chosen === undefined || chosen.state === 'usable');
  const wrong = unready(asked, clients.limits);
  const complete = usable && wrong.length === 0 && (!clients.password || password !== '');
  return (
    <Panel title={t('client.yours')} form>
      <Fields onSubmit={() => complete && !make.isPending && make.mutate(bodyOf(asked, Date.now()))}>
        <Points items={usePoints(clients, asked, chosen)} />
        {clients.why_not ? <Verdict tone="bad">{text(clients.why_not)}</Verdict> : null}
        {wrong.length > 0 ? (
          <Verdict tone="warn">
            {t('client.unready', { parts: wrong.map((part) => t(`client.${part}`)).join(', ') })}
          </Verdict>
        ) : null}
        {make.error ? <FormError>{errorText(make.error)}</FormError> : null}
        {clients.password ? (
          <OwnPassword description={t('client.passwordText')} value={password} onChange={setPassword} />
        ) : null}
        <Button
          type="submit"
          variant="filled"
          fullWidth
          leftSection={<IconDownload size={16} />}
          disabled={!complete}
          loading={make.isPending}
        >
          {t('client.make')}
        </Button>
      </Fields>
    </Panel>
  );
}

/** The choices as they are read over before one agrees. */
function usePoints({ limits }: Clients, { package: of, address, key, draft }: Asked, chosen: EnrolmentKey | undefined) {
  const { t, fmt } = useI18n();
  const fresh = typeof key === 'number' ? undefined : key;
  const size = Number(draft.spool) * mebibyte;
  return [
    { name: t('client.point.package'), shown: `${t(`client.format.${of.format}`)}, ${t(`client.arch.${of.arch}`)}` },
    {
      name: t('client.point.server'),
      shown: addressFault(address) ? null : (
        <HostileText limit={200}>{addressOf(address).replace('https://', '')}</HostileText>
      ),
    },
    {
      name: t('client.key'),
      shown: chosen ? (
        <HostileText limit={80}>{chosen.name}</HostileText>
      ) : fresh?.name.trim() ? (
        <HostileText limit={80}>{fresh.name}</HostileText>
      ) : null,
      note: chosen
        ? keyFacts(chosen, t, fmt).join(' · ')
        : fresh
          ? [
              t('client.keyIsNew'),
              fresh.uses.trim() === ''
                ? t('client.keyNoLimit')
                : t('client.keyMost', { n: Number(fresh.uses), most: fmt.number(Number(fresh.uses) || 0) }),
              fresh.days === '' ? t('client.keyForEver') : t('keys.days', { n: Number(fresh.days) }),
            ].join(' · ')
          : undefined,
    },
    draft.endProcess ? { name: t('client.endProcessShort'), shown: t('yes') } : undefined,
    draft.proxy === 'system'
      ? undefined
      : {
          name: t('client.proxy'),
          shown:
            draft.proxy === 'none' ? (
              t('client.proxy.none')
            ) : (
              <HostileText limit={120}>{draft.proxyAddress}</HostileText>
            ),
        },
    size >= limits.spool_least ? { name: t('client.spoolShort'), shown: fmt.bytes(size) } : undefined,
    draft.sensor ? { name: t('client.sensor'), shown: sensorText(draft.sensor, t) } : undefined,
  ];
}
