import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import classes from './FilterBar.module.css';

interface HelpPanelProps {
  opened: boolean;
  onClose(): void;
  hrefOf(q: string): string;
  onPick(q: string): void;
}

/** The filter language on one page. Every example is a link that runs it. */
export function HelpPanel({ opened, onClose, hrefOf, onPick }: HelpPanelProps) {
  const { t } = useI18n();
  const { data } = useQuery({ ...queries.fields(), enabled: opened });
  const examples: [string, string][] = [
    ['powershell', t('filter.example.words')],
    ['image:*\\temp\\*.exe', t('filter.example.wildcard')],
    ['-signed:true prevalence:1', t('filter.example.rare')],
    ['parent_image:*\\winword.exe', t('filter.example.parent')],
    ['command_line:"-enc"', t('filter.example.phrase')],
    ['user:bob AND (image:*\\cmd.exe OR image:*\\powershell.exe)', t('filter.example.groups')],
    ['duration:<2s write_ops:>=1000', t('filter.example.numbers')],
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('filter.help')}
      size={760}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <div className={classes.help}>
        <p>{t('filter.help.intro')}</p>
        <h3>{t('filter.help.examples')}</h3>
        <ul className={classes.examples}>
          {examples.map(([q, says]) => (
            <li key={q}>
              <a
                href={hrefOf(q)}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                  event.preventDefault();
                  onClose();
                  onPick(q);
                }}
              >
                <code>{q}</code>
              </a>
              <span>{says}</span>
            </li>
          ))}
        </ul>
        <h3>{t('filter.help.fields')}</h3>
        <table className={classes.fields}>
          <thead>
            <tr>
              <th scope="col">{t('filter.help.field')}</th>
              <th scope="col">Sigma</th>
              <th scope="col">{t('filter.help.meaning')}</th>
            </tr>
          </thead>
          <tbody>
            {data?.fields.map((field) => (
              <tr key={field.name}>
                <td>
                  <code>{field.name}</code>
                </td>
                <td>{field.sigma ? <code>{field.sigma}</code> : null}</td>
                <td>{field.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Modal>
  );
}
