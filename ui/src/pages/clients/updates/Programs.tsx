import type { UpdateProgram } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { None, Panel } from '@/primitives/Page';
import { HostileText } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { Verdict } from '@/primitives/Verdict';
import classes from './Programs.module.css';
import { archText, systemText } from './words';

/** The agents that are offered, by what they run on. */
export function Programs({ programs }: { programs: readonly UpdateProgram[] }) {
  const { t, fmt } = useI18n();
  const { text } = useSaid();
  return (
    <Panel title={t('updates.programs')} flush>
      {programs.length === 0 ? (
        <None>{t('updates.programsNone')}</None>
      ) : (
        <ul className={classes.list} aria-label={t('updates.programs')}>
          {programs.map((each) => (
            <li key={`${each.system} ${each.arch}`} className={classes.line}>
              <div className={classes.head}>
                <span className={classes.name}>
                  {systemText(each.system, t)}, {archText(each.arch, t)}
                </span>
                <HostileText limit={40}>{each.version}</HostileText>
              </div>
              <div className={classes.facts}>
                {fmt.bytes(each.size)}
                {each.system === 'windows' ? ` · ${t(each.signed ? 'client.signed' : 'client.unsigned')}` : null}
                {' · '}
                <span title={each.sha256}>SHA-256 {each.sha256.slice(0, 8)}</span>
              </div>
              {each.problem ? <Verdict tone="bad">{text(each.problem)}</Verdict> : null}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
