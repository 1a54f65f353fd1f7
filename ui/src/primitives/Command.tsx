import classes from './Command.module.css';
import { CopyButton } from './CopyButton';
import { CodeBlock } from './Text';

/** A command, or another text to be put elsewhere as it is, with a button that copies it. */
export function Command({ label, children }: { label: string; children: string }) {
  return (
    <div className={classes.command}>
      <CodeBlock label={label}>{children}</CodeBlock>
      <span className={classes.copy}>
        <CopyButton text={children} name={label} />
      </span>
    </div>
  );
}
