import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent. Severity and rarity have their own hues; this one means "act here" and nothing else. */
const accent: MantineColorsTuple = [
  '#e8f6f9',
  '#d3ebf1',
  '#a5d6e2',
  '#74c0d3',
  '#4fadc4',
  '#2b92ac',
  '#0e6f86',
  '#0b6074',
  '#094f60',
  '#063c49',
];

const gray: MantineColorsTuple = [
  '#f8f8f9',
  '#f1f1f3',
  '#e7e7ea',
  '#dadbdf',
  '#c2c4c9',
  '#969aa1',
  '#63676f',
  '#484c53',
  '#303339',
  '#1b1d21',
];

const dark: MantineColorsTuple = [
  '#dfe1e5',
  '#b9bcc3',
  '#979ba4',
  '#6c707a',
  '#34373e',
  '#282b31',
  '#1f2126',
  '#16181b',
  '#101214',
  '#0b0c0e',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 6,
  colors: { accent, gray, dark },
  white: '#ffffff',
  black: '#1b1d21',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", "Roboto Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '24px', xl: '24px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '18px', lineHeight: '24px' },
      h2: { fontSize: '15px', lineHeight: '20px' },
      h3: { fontSize: '13px', lineHeight: '20px' },
    },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Text: { defaultProps: { size: 'md' } },
    Anchor: { defaultProps: { size: 'md', underline: 'hover' } },
    Button: {
      defaultProps: { size: 'sm', variant: 'default', fw: 500 },
      vars: (_: unknown, props: { size?: unknown }) => {
        const compact = String(props.size).startsWith('compact');
        return {
          root: {
            '--button-fz': '13px',
            '--button-height': compact ? '28px' : '32px',
            '--button-padding-x': compact ? '10px' : '14px',
          },
        };
      },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    Input: {
      vars: (_: unknown, props: { size?: unknown }) => ({
        wrapper: { '--input-height': props.size === 'xs' ? '28px' : '32px' },
      }),
    },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false, comboboxProps: { transitionProps: { duration: 0 } } } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs', transitionDuration: 100 }, styles: { label: { fontWeight: 500 } } },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 100 }, withArrow: false } },
    // Locking the page's scrolling would inject a <style> element; nothing here scrolls the page anyway.
    Modal: {
      defaultProps: { lockScroll: false, transitionProps: { duration: 100 }, centered: true, padding: 'lg' },
      styles: { title: { fontSize: 15, fontWeight: 600 } },
    },
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        shadow: 'md',
        transitionProps: { duration: 80 },
        position: 'bottom-end',
        offset: 4,
      },
    },
    Popover: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 }, offset: 4 } },
    Tabs: { defaultProps: { keepMounted: false }, vars: () => ({ root: { '--tabs-list-border-width': '1px' } }) },
  },
});

/** Colours by meaning. Style sheets use these names, never a shade. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    '--row-height': '32px',
    '--rail-width': '176px',
    '--rail-narrow': '48px',
    '--bar-height': '48px',
    '--motion': '100ms ease-out',
  },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': gray[6],
    '--mantine-color-placeholder': '#6d7179',
    '--mantine-color-anchor': accent[6],
    '--mantine-color-error': '#b42318',
    '--surface': '#ffffff',
    '--surface-quiet': gray[0],
    '--surface-raised': '#ffffff',
    '--line': gray[2],
    '--line-strong': gray[3],
    '--ink': gray[9],
    '--ink-quiet': gray[6],
    '--hover': gray[1],
    '--marked': '#e6f3f6',
    '--accent': accent[6],
    '--accent-quiet': '#7fb4c1',
    '--on-accent': '#ffffff',
    '--bad': '#b42318',
    '--bad-surface': '#fdf1ef',
    '--warn': '#8a5300',
    '--warn-surface': '#fdf4e3',
    '--good': '#1c6b3c',
    '--good-surface': '#ebf6ef',
    '--rare': '#7a3aa8',
    '--rare-surface': '#f6effb',
    '--escape': '#9c2f12',
    '--escape-surface': '#fcece6',
  },
  dark: {
    '--mantine-color-body': dark[7],
    '--mantine-color-dimmed': dark[2],
    '--mantine-color-placeholder': '#8b8f98',
    '--mantine-color-anchor': accent[3],
    '--mantine-color-error': '#f4978e',
    '--surface': dark[7],
    '--surface-quiet': dark[8],
    '--surface-raised': dark[6],
    '--line': dark[5],
    '--line-strong': dark[4],
    '--ink': dark[0],
    '--ink-quiet': dark[2],
    '--hover': dark[6],
    '--marked': '#14303a',
    '--accent': accent[3],
    '--accent-quiet': '#2f6d7d',
    '--on-accent': '#06272f',
    '--bad': '#f4978e',
    '--bad-surface': '#341917',
    '--warn': '#e8b566',
    '--warn-surface': '#2f2412',
    '--good': '#7fcf9b',
    '--good-surface': '#14281c',
    '--rare': '#cda3ee',
    '--rare-surface': '#2a1d36',
    '--escape': '#f3a58c',
    '--escape-surface': '#3a2019',
  },
});
