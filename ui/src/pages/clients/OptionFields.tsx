import { NativeSelect, TextInput } from '@mantine/core';
import type { Clients } from '@/api/types';
import type { Translate } from '@/app/i18n';
import { useI18n } from '@/app/i18n';
import { Tick } from '@/primitives/Choice';
import { visible } from '@/primitives/hostile';
import { Fold } from '@/primitives/Steps';
import { type Draft, mebibyte, optionCount, optionFaults, type ProxyChoice } from './draft';

interface OptionFieldsProps {
  clients: Clients;
  system: 'windows' | 'linux';
  draft: Draft;
  onChange(change: Partial<Draft>): void;
}

const proxies: readonly ProxyChoice[] = ['system', 'none', 'own'];

/** What is rarely other than usual. */
export function OptionFields({ clients, system, draft, onChange }: OptionFieldsProps) {
  const { t, fmt } = useI18n();
  const { limits, sensors } = clients;
  const faults = optionFaults(draft, limits);
  const count = optionCount(draft);
  const from = fmt.number(Math.ceil(limits.spool_least / mebibyte));
  const to = fmt.number(Math.floor(limits.spool_most / mebibyte));
  return (
    <Fold
      label={t('client.optionsShow')}
      note={count > 0 ? t('client.optionsChanged', { n: count }) : t('client.optionsUsual')}
    >
      <Tick
        title={t('client.endProcess')}
        text={t('client.endProcessText')}
        checked={draft.endProcess}
        onChange={(endProcess) => onChange({ endProcess })}
      />
      <NativeSelect
        label={t('client.proxy')}
        description={t('client.proxyText')}
        value={draft.proxy}
        onChange={(event) => onChange({ proxy: event.currentTarget.value as ProxyChoice })}
        data={proxies.map((each) => ({ value: each, label: t(`client.proxy.${each}`) }))}
      />
      {draft.proxy === 'own' ? (
        <TextInput
          label={t('client.proxyAddress')}
          placeholder="http://proxy.example.org:3128"
          value={draft.proxyAddress}
          error={draft.proxyAddress !== '' && faults.proxy ? t('client.proxyFault') : undefined}
          onChange={(event) => onChange({ proxyAddress: event.currentTarget.value })}
          autoComplete="off"
          spellCheck={false}
        />
      ) : null}
      <TextInput
        label={t('client.spool')}
        description={t('client.spoolText')}
        inputMode="numeric"
        value={draft.spool}
        error={faults.spool && t('client.spoolFault', { from, to })}
        onChange={(event) => onChange({ spool: event.currentTarget.value })}
        autoComplete="off"
      />
      <NativeSelect
        label={t('client.sensor')}
        description={t('client.sensorText')}
        value={draft.sensor}
        onChange={(event) => onChange({ sensor: event.currentTarget.value })}
        data={[
          { value: '', label: t('client.sensorBest') },
          ...sensors[system].map((each) => ({ value: each, label: sensorText(each, t) })),
        ]}
      />
    </Fold>
  );
}

const known = ['etw', 'sysmon', 'security', 'ebpf', 'procconn', 'poll', 'none'] as const;

/** A way to see processes, with what it is; one that this page does not know by its own name. */
export function sensorText(sensor: string, t: Translate): string {
  const name = known.find((each) => each === sensor);
  return name ? `${name}: ${t(`client.sensor.${name}`)}` : visible(sensor);
}
