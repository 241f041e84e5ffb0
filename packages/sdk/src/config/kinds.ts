import { z } from "zod";
import type { KnownVariable } from "./setting.ts";

// What settings accept, and how variables that people already have set them.

export const positive = (): z.ZodNumber => z.int().min(1);
export const milliseconds = (): z.ZodNumber => z.number().min(1).max(86_400_000);
export const lifetime = (): z.ZodNumber => z.number().min(1);
export const text = (): z.ZodString => z.string().min(1);
export const redisUrl = (): z.ZodURL => z.url({ protocol: /^rediss?$/ });
export const httpUrl = (): z.ZodURL => z.url({ protocol: /^https?$/ });
export const seconds = (name: string): KnownVariable => ({ name, times: 1000 });
export const named = (...names: string[]): KnownVariable[] => names.map((name) => ({ name }));
