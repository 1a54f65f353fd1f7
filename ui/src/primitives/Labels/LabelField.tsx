import { IconX } from '@tabler/icons-react';
import { type KeyboardEvent, type Ref, useId, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { visible } from '../hostile';
import { HostileText } from '../Text';
import classes from './Labels.module.css';
import { labelFault, typedLabels, withLabels } from './labels';

interface LabelFieldProps {
  label: string;
  description?: string;
  /** The name is for those who listen only. */
  bare?: boolean;
  labels: readonly string[];
  onChange(labels: string[]): void;
  /** Enter where nothing is typed, and Escape. */
  onDone?(): void;
  onCancel?(): void;
  /** Those that other things have. */
  known?: readonly string[];
  box?: Ref<HTMLInputElement>;
}

/** Labels to be written one after the other: Enter or a comma ends one, Backspace takes the last away. */
export function LabelField(props: LabelFieldProps) {
  const { label, description, bare, labels, onChange, onDone, onCancel, known = [], box } = props;
  const { t } = useI18n();
  const id = useId();
  const [typed, setTyped] = useState('');
  const fault = labelFault(typedLabels(typed), labels);
  const add = (): boolean => {
    const more = typedLabels(typed);
    if (more.length === 0 || fault) return false;
    setTyped('');
    onChange(withLabels(labels, more));
    return true;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && (typed !== '' || onDone)) {
      // A form is sent by the Enter after the last label, not by that which ends it.
      event.preventDefault();
      if (!add() && typed === '') onDone?.();
    } else if (event.key === ',') {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && typed === '' && labels.length > 0) {
      event.preventDefault();
      onChange(labels.slice(0, -1));
    } else if (event.key === 'Escape' && onCancel) {
      event.preventDefault();
      event.stopPropagation();
      onCancel();
    }
  };
  return (
    <div className={classes.field} data-bare={bare || undefined}>
      {bare ? null : (
        <label className={classes.name} htmlFor={id}>
          {label}
        </label>
      )}
      {description ? <p className={classes.description}>{description}</p> : null}
      <div className={classes.box} data-faulty={fault ? true : undefined}>
        {labels.map((each) => (
          <span key={each} className={classes.label}>
            <HostileText limit={64}>{each}</HostileText>
            <button
              type="button"
              className={classes.remove}
              aria-label={t('labels.remove', { label: visible(each) })}
              onClick={() => onChange(labels.filter((other) => other !== each))}
            >
              <IconX size={12} aria-hidden="true" />
            </button>
          </span>
        ))}
        <input
          ref={box}
          id={id}
          className={classes.input}
          aria-label={bare ? label : undefined}
          aria-invalid={fault ? true : undefined}
          placeholder={labels.length === 0 ? t('labels.placeholder') : undefined}
          list={`${id}-known`}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => add()}
        />
        <datalist id={`${id}-known`}>
          {known
            .filter((each) => !labels.includes(each))
            .map((each) => (
              <option key={each} value={each} />
            ))}
        </datalist>
      </div>
      {fault ? (
        <p className={classes.fault} role="alert">
          {t(`labels.fault.${fault}`)}
        </p>
      ) : null}
    </div>
  );
}
