import { type ReactNode, useId } from 'react';
import classes from './Choice.module.css';

export interface ChoiceItem<T extends string> {
  value: T;
  icon?: ReactNode;
  title: string;
  /** What it is good for. */
  text?: ReactNode;
  /** It cannot be chosen; the text says why. */
  disabled?: boolean;
}

interface ChoiceProps<T extends string> {
  label: string;
  items: readonly ChoiceItem<T>[];
  value: T | undefined;
  onChange(value: T): void;
}

/** A choice of one among a few, each with its explanation. */
export function Choice<T extends string>({ label, items, value, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className={classes.group} aria-label={label}>
      <div className={classes.items}>
        {items.map((item) => (
          <label key={item.value} className={classes.card} data-off={item.disabled || undefined}>
            <input
              type="radio"
              className={classes.dot}
              name={name}
              value={item.value}
              checked={item.value === value}
              disabled={item.disabled}
              aria-describedby={item.text ? `${name}-${item.value}` : undefined}
              aria-label={item.title}
              onChange={() => onChange(item.value)}
            />
            <span className={classes.body}>
              <span className={classes.title}>
                {item.icon ? (
                  <span className={classes.icon} aria-hidden="true">
                    {item.icon}
                  </span>
                ) : null}
                {item.title}
              </span>
              {item.text ? (
                <span className={classes.text} id={`${name}-${item.value}`}>
                  {item.text}
                </span>
              ) : null}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface TickProps {
  title: string;
  text?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange(checked: boolean): void;
}

/** A thing that is so or not, with what it means. */
export function Tick({ title, text, checked, disabled, onChange }: TickProps) {
  const id = useId();
  return (
    <label className={classes.tick} data-off={disabled || undefined}>
      <input
        type="checkbox"
        className={classes.dot}
        checked={checked}
        disabled={disabled}
        aria-label={title}
        aria-describedby={text ? id : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span className={classes.body}>
        <span className={classes.title}>{title}</span>
        {text ? (
          <span className={classes.text} id={id}>
            {text}
          </span>
        ) : null}
      </span>
    </label>
  );
}
