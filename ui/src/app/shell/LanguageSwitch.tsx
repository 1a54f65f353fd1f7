import { SegmentedControl } from '@mantine/core';
import { useI18n } from '../i18n';
import { setPreferences } from '../preferences';

/** Chooses the language, where there is no top bar. */
export function LanguageSwitch() {
  const { t, language } = useI18n();
  return (
    <SegmentedControl
      aria-label={t('language')}
      value={language}
      onChange={(value) => setPreferences({ language: value === 'es' ? 'es' : 'en' })}
      data={[
        { value: 'en', label: 'English' },
        { value: 'es', label: 'Español' },
      ]}
    />
  );
}
