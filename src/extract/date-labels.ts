/** Words before a date that say it is a later one. */
export const UPDATED_WORDS =
  /(?<!\p{L})(?:updated?|modified|last\s+(?:changed|edited|reviewed)|revised|actuali[sz]ad[oa]|aktualisiert|(?:letzte )?änderung|geändert|mis à jour|modifi[ée]|aggiornat[oa]|bijgewerkt|uppdaterad|opdateret|oppdatert|atualizad[oa]|güncelle|обновлен)\p{L}*|更新/iu;
/** Words that say it is the first. */
export const PUBLISHED_WORDS =
  /(?<!\p{L})(?:(?:first |originally )?published|posted|created|written|veröffentlicht|publiziert|erstellt|publiée?|publicad[oa]|pubblicat[oa]|gepubliceerd|publicerad|опубликован\p{L}*)(?!\p{L})|公開日|发布/iu;
/** What a page says of the moment it is shown, of its rights, its pictures and its members. */
export const NOT_OF_STORY =
  /^(?:abbildung|abb|bild|foto|photo|image|picture|figure|fig|quelle|source)(?!\p{L})|©|\(c\)|copyright|(?<!\p{L})(?:currently|current time|today is|aktuelle zeit|heute ist|heure actuelle|hora actual|ora corrente|registered|registriert|joined|member since|mitglied seit|dabei seit|inscrit|registrado|iscritto)(?!\p{L})/iu;
export const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;
