-- The rates of the three zones are shares of one whole; without attempts there is none of them.
SELECT
  game_date,
  player_lookup AS entity,
  (paint_rate_last_10 IS NULL AND mid_range_rate_last_10 IS NULL AND three_rate_last_10 IS NULL)
  OR coalesce(abs(paint_rate_last_10 + mid_range_rate_last_10 + three_rate_last_10 - 1) < 1e-9, FALSE) AS ok,
  'the rates add up to '
  || coalesce(CAST(paint_rate_last_10 + mid_range_rate_last_10 + three_rate_last_10 AS VARCHAR), 'nothing')
    AS detail
FROM candidate
