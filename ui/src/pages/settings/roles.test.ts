import { expect, it } from 'vitest';
import { rolesUpTo } from './roles';

it('hands on no role above the own one', () => {
  expect(rolesUpTo('administrator')).toEqual(['administrator', 'analyst', 'viewer']);
  expect(rolesUpTo('analyst')).toEqual(['analyst', 'viewer']);
  expect(rolesUpTo('viewer')).toEqual(['viewer']);
});
