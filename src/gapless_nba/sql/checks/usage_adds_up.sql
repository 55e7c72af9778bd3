-- The usage rates of a team, weighted by minutes, are shares of one whole. A single player may have any
-- value (a minute with two shots), but together they can never have used more than their team did.
SELECT
  game_date,
  game_id || ' ' || team AS entity,
  -- Events of players with 0 minutes have no rate, so the sum may stay below 1. NULL: the team used nothing.
  coalesce(round(sum(usage_rate * minutes) * 5 / nullif(sum(minutes), 0), 9) <= 1.000001, TRUE) AS ok,
  'the shares of its players add up to '
  || coalesce(CAST(round(sum(usage_rate * minutes) * 5 / nullif(sum(minutes), 0), 3) AS VARCHAR), 'nothing')
    AS detail
FROM candidate
GROUP BY game_date, game_id, team
