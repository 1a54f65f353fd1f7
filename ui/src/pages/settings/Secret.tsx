import { Button, Modal } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useI18n } from '@/app/i18n';
import { Line } from '@/primitives/Page';
import { CodeBlock } from '@/primitives/Text';
import { useCopy } from '@/primitives/useCopy';

export interface Shown {
  title: string;
  text: string;
  secret: string;
  /** A line that uses it, ready to be run. */
  command?: { text: string; line: string };
}

/** Shows a secret the one time it can be seen. Only the button closes it: a slip must not lose it. */
export function Secret({ shown, onClose }: { shown: Shown; onClose(): void }) {
  const { t } = useI18n();
  const copy = useCopy();
  return (
    <Modal
      opened
      onClose={onClose}
      title={shown.title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <p>{shown.text}</p>
      <CodeBlock label={shown.title}>{shown.secret}</CodeBlock>
      {shown.command ? (
        <>
          <p>{shown.command.text}</p>
          <CodeBlock label={shown.command.text}>{shown.command.line}</CodeBlock>
        </>
      ) : null}
      <br />
      <Line end>
        {shown.command ? (
          <Button leftSection={<IconCopy size={14} />} onClick={() => copy(shown.command!.line)}>
            {t('secret.copyCommand')}
          </Button>
        ) : null}
        <Button leftSection={<IconCopy size={14} />} onClick={() => copy(shown.secret)} data-autofocus>
          {shown.command ? t('secret.copySecret') : t('copy')}
        </Button>
        <Button variant="filled" onClick={onClose}>
          {t('done')}
        </Button>
      </Line>
    </Modal>
  );
}
