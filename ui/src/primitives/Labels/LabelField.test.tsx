import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { LabelField } from './LabelField';
import { longestLabel } from './labels';

function Field({ onDone, onCancel }: { onDone?(): void; onCancel?(): void }) {
  const [labels, setLabels] = useState(['office']);
  return (
    <>
      <LabelField bare label="Labels" labels={labels} onChange={setLabels} onDone={onDone} onCancel={onCancel} />
      <output>{labels.join('|')}</output>
    </>
  );
}

function setUp() {
  const done = { onDone: vi.fn(), onCancel: vi.fn() };
  render(
    <MantineProvider>
      <I18nProvider first={{ language: 'en', texts: en }}>
        <Field {...done} />
      </I18nProvider>
    </MantineProvider>,
  );
  const box = screen.getByRole<HTMLInputElement>('combobox', { name: 'Labels' });
  const type = (value: string) => fireEvent.change(box, { target: { value } });
  const press = (key: string) => fireEvent.keyDown(box, { key });
  const labels = () => screen.getByRole('status').textContent;
  return { ...done, box, type, press, labels };
}

afterEach(cleanup);

it('is filled by keyboard alone', () => {
  const { onDone, onCancel, box, type, press, labels } = setUp();
  type('berlin');
  press('Enter');
  type('third');
  press(',');
  expect(labels()).toBe('office|berlin|third');
  expect(box.value).toBe('');
  press('Backspace');
  expect(labels()).toBe('office|berlin');
  expect(onDone).not.toHaveBeenCalled();
  press('Enter');
  expect(onDone).toHaveBeenCalledOnce();
  press('Escape');
  expect(onCancel).toHaveBeenCalledOnce();
});

it('says what is wrong, and keeps what was typed', () => {
  const { box, type, press, labels } = setUp();
  type('x'.repeat(longestLabel + 1));
  press('Enter');
  expect(labels()).toBe('office');
  expect(box.getAttribute('aria-invalid')).toBe('true');
  expect(screen.getByRole('alert').textContent).toBe('A label has at most 64 characters');
});

it('removes a label by its button', () => {
  const { labels } = setUp();
  fireEvent.click(screen.getByRole('button', { name: 'Remove the label office' }));
  expect(labels()).toBe('');
});
