import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { FilterOf } from '@/api/client';
import { queries } from '@/api/queries';
import { type Translate, useI18n } from '@/app/i18n';
import { visible } from '../hostile';
import classes from './FilterBar.module.css';
import { termFor } from './terms';
import { useFieldHelp } from './useFieldHelp';

interface HelpPanelProps {
  opened: boolean;
  onClose(): void;
  /** What the filter chooses among; events, where absent. */
  of?: FilterOf;
  hrefOf(q: string): string;
  onPick(q: string): void;
}

interface OwnNames {
  user?: string;
  station?: string;
  parent?: string;
}

/** Accounts that Windows itself brings: an example about a person says more. */
const builtIn = /^(NT |Window Manager|Font Driver)/;

/** Names that many events here have, so that the examples find something. */
function useOwnNames(enabled: boolean): OwnNames {
  const { data } = useQuery({
    ...queries.facets({}, ['user', 'station', 'parent_name'], 10),
    enabled,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) return {};
  const [users = [], stations = [], parents = []] = data.facets.map((facet) => facet.values.map(({ value }) => value));
  return { user: users.find((name) => !builtIn.test(name)) ?? users[0], station: stations[0], parent: parents[0] };
}

function ownExamples({ user, station, parent }: OwnNames, t: Translate): [string, string][] {
  const examples: [string, string][] = [];
  if (user) examples.push([`${termFor('user', user)} kind:start`, t('filter.example.user')]);
  if (station) examples.push([`${termFor('station', station)} prevalence:<=3`, t('filter.example.station')]);
  if (parent) examples.push([`${termFor('parent_name', parent)} kind:start`, t('filter.example.child')]);
  return examples;
}

/** The filter language on one page. Every example is a link that runs it. */
export function HelpPanel({ opened, onClose, of, hrefOf, onPick }: HelpPanelProps) {
  const { t } = useI18n();
  const { data } = useQuery({ ...queries.fields(of), enabled: opened });
  const help = useFieldHelp(of, opened);
  const usable = (q: string) =>
    [...q.matchAll(/(?:^|[\s(-])(\w+):/g)].every(([, name]) => data?.fields.some((field) => field.name === name));
  const own = useOwnNames(opened && of !== 'devices');
  const ofEvents: [string, string][] = [
    ...ownExamples(own, t),
    ['powershell', t('filter.example.words')],
    ['name:svchost.exe -image:C:\\Windows\\*', t('filter.example.program')],
    ['image:*\\temp\\*.exe', t('filter.example.wildcard')],
    ['-signed:true prevalence:1', t('filter.example.rare')],
    ['parent_image:*\\winword.exe', t('filter.example.parent')],
    ['command_line:"-enc"', t('filter.example.phrase')],
    [
      `${own.user ? termFor('user', own.user) : 'user:bob'} (name:cmd.exe OR name:powershell.exe)`,
      t('filter.example.groups'),
    ],
    ['duration:<2s write_ops:>=1000', t('filter.example.numbers')],
  ];
  const ofDevices: [string, string][] = [
    ['class:mass_storage prevalence:>=2', t('filter.example.storage')],
    ['volume_label:backup', t('filter.example.label')],
    ['present:true', t('filter.example.plugged')],
    ['first_seen:>-24h', t('filter.example.newDevices')],
    ['kingston', t('filter.example.usbWord')],
  ];
  const examples = of === 'devices' ? ofDevices : ofEvents;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('filter.help')}
      size={760}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <div className={classes.help}>
        <p>{t('filter.help.intro')}</p>
        <h3>{t('filter.help.examples')}</h3>
        {of !== 'devices' && (own.user || own.station) ? <p>{t('filter.help.own')}</p> : null}
        <ul className={classes.examples}>
          {examples
            .filter(([q]) => usable(q))
            .map(([q, says]) => (
              <li key={q}>
                <a
                  href={hrefOf(q)}
                  onClick={(event) => {
                    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                    event.preventDefault();
                    onClose();
                    onPick(q);
                  }}
                >
                  <code>{visible(q)}</code>
                </a>
                <span>{says}</span>
              </li>
            ))}
        </ul>
        <h3>{t('filter.help.fields')}</h3>
        <table className={classes.fields}>
          <thead>
            <tr>
              <th scope="col">{t('filter.help.field')}</th>
              <th scope="col">Sigma</th>
              <th scope="col">{t('filter.help.meaning')}</th>
            </tr>
          </thead>
          <tbody>
            {data?.fields.map((field) => (
              <tr key={field.name}>
                <td>
                  <code>{field.name}</code>
                </td>
                <td>{field.sigma ? <code>{field.sigma}</code> : null}</td>
                <td>{help(field)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Modal>
  );
}
