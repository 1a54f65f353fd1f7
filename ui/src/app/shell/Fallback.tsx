import { Anchor, Button } from '@mantine/core';
import { useTitle } from '@/primitives/Page';
import { Empty } from '@/primitives/State';
import { useI18n } from '../i18n';
import classes from './Shell.module.css';

export function NotFound() {
  const { t } = useI18n();
  useTitle(t('notFound.title'));
  return (
    <div className={classes.center}>
      <Empty title={t('notFound.title')} actions={<Anchor href="/events">{t('notFound.go')}</Anchor>}>
        {t('notFound.text')}
      </Empty>
    </div>
  );
}

/** The page itself failed. */
export function Broken() {
  const { t } = useI18n();
  return (
    <div className={classes.center}>
      <Empty title={t('error.page')} actions={<Button onClick={() => location.reload()}>{t('reload')}</Button>}>
        {t('error.pageText')}
      </Empty>
    </div>
  );
}
