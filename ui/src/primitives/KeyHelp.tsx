import { Modal } from '@mantine/core';
import { useI18n } from '@/app/i18n';
import classes from './KeyHelp.module.css';

/** Which keys do what. */
export function KeyHelp({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const { t } = useI18n();
  const keys: [string[], string][] = [
    [['/'], t('keys.filter')],
    [['j', '↓'], t('keys.next')],
    [['k', '↑'], t('keys.previous')],
    [['g', 'G'], t('keys.edges')],
    [['Enter'], t('keys.open')],
    [['Ctrl Enter'], t('keys.openTab')],
    [['←', '→'], t('keys.cells')],
    [['m'], t('keys.menu')],
    [['x'], t('keys.pick')],
    [['Esc'], t('keys.close')],
    [['f', 'n', 'N'], t('keys.find')],
    [['*'], t('keys.expand')],
    [['?'], t('keys.help')],
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('keys.title')}
      size={420}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <dl className={classes.keys}>
        {keys.map(([each, says]) => (
          <div key={says}>
            <dt>
              {each.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
