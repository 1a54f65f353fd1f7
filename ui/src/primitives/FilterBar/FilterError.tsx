import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from '@/api/client';
import type { Problem } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '../hostile';
import { useErrorText } from '../State';
import classes from './FilterBar.module.css';

interface FilterErrorProps {
  id: string;
  problem: Problem;
  onSuggestion(text: string): void;
}

export function FilterError({ id, problem, onSuggestion }: FilterErrorProps) {
  const { t } = useI18n();
  const errorText = useErrorText();
  const { suggestion } = problem;
  return (
    <div id={id} className={classes.fault} role="alert">
      <IconAlertTriangle size={14} aria-hidden="true" />
      <span>{errorText(new ApiError(problem))}</span>
      {suggestion === undefined ? null : (
        <button
          type="button"
          className={classes.faultFix}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onSuggestion(suggestion)}
        >
          {t('filter.use', { text: visible(suggestion) })}
        </button>
      )}
    </div>
  );
}
