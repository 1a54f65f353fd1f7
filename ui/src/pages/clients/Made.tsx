import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { MadeClient } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { CopyButton } from '@/primitives/CopyButton';
import { Panel } from '@/primitives/Page';
import { Points } from '@/primitives/Points';
import { HostileText } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { Verdict } from '@/primitives/Verdict';
import classes from './Made.module.css';

/** The file that was made: what it is, by what it is known, and until when it can be fetched. */
export function Made({ made }: { made: MadeClient }) {
  const { t, fmt } = useI18n();
  const gone = Date.parse(made.expires) <= useNow();
  return (
    <Panel title={t('client.made')}>
      <div className={classes.body}>
        <HostileText className={classes.name}>{made.file_name}</HostileText>
        <Points
          items={[
            { name: t('client.size'), shown: fmt.bytes(made.size) },
            {
              name: 'SHA-256',
              shown: (
                <span className={classes.hash}>
                  <code>{made.sha256}</code>
                  <CopyButton text={made.sha256} name="SHA-256" />
                </span>
              ),
            },
          ]}
        />
        {gone ? (
          <Verdict tone="plain">{t('client.gone')}</Verdict>
        ) : (
          <div>
            <Button
              size="compact-sm"
              component="a"
              href={made.download}
              download={made.file_name}
              leftSection={<IconDownload size={14} />}
            >
              {t('client.again')}
            </Button>
            <p className={classes.note}>
              {t('client.until', {
                time: fmt.clock(made.expires).slice(0, 5),
                n: made.fetches,
                times: fmt.number(made.fetches),
              })}
            </p>
          </div>
        )}
        <Verdict tone="warn">{t('client.secret')}</Verdict>
      </div>
    </Panel>
  );
}
