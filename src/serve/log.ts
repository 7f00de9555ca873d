/** The part of pino that the HTTP driver uses. */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
