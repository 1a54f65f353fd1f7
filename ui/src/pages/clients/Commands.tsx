import type { ClientCommand, MadeClient } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Command } from '@/primitives/Command';
import { None, Panel } from '@/primitives/Page';
import { useNow } from '@/primitives/useNow';
import { Verdict } from '@/primitives/Verdict';
import classes from './Commands.module.css';

/** The commands by what they are for. */
const ways = [
  { way: 'line', ids: ['powershell', 'shell'] },
  { way: 'silent', ids: ['silent'] },
  { way: 'gpo', ids: ['gpo'] },
  { way: 'intune', ids: ['intune_install', 'intune_uninstall', 'intune_detection'] },
  { way: 'properties', ids: ['properties'] },
] as const;

/** How the client comes to many stations without anybody being asked there. */
export function Commands({ made }: { made: MadeClient | undefined }) {
  const { t } = useI18n();
  return (
    <Panel title={t('client.commands')} lead={made ? t('client.commandsText', { file: made.file_name }) : null} flush>
      {made ? <Ways made={made} /> : <None>{t('client.commandsNone')}</None>}
    </Panel>
  );
}

function Ways({ made: { commands, expires } }: { made: MadeClient }) {
  const { t, fmt } = useI18n();
  const gone = Date.parse(expires) <= useNow();
  const time = fmt.clock(expires).slice(0, 5);
  return ways.map(({ way, ids }) => {
    const found = commands.filter(({ id }) => (ids as readonly string[]).includes(id));
    if (found.length === 0) return null;
    return (
      <section key={way} className={classes.way} aria-label={t(`client.way.${way}`)}>
        <h3 className={classes.title}>{t(`client.way.${way}`)}</h3>
        <p className={classes.text}>
          {way === 'line' ? t('client.way.line.text', { time }) : t(`client.way.${way}.text`)}
        </p>
        {way === 'line' && gone ? <Verdict tone="plain">{t('client.gone')}</Verdict> : <Lines commands={found} />}
      </section>
    );
  });
}

function Lines({ commands }: { commands: ClientCommand[] }) {
  const { t } = useI18n();
  return commands.map(({ id, text }) => (
    <div key={id} className={classes.command}>
      {commands.length > 1 ? <span className={classes.name}>{t(`client.command.${id}`)}</span> : null}
      <Command label={t(`client.command.${id}`)}>{text}</Command>
    </div>
  ));
}
