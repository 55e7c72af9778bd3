-- feature_completeness and missing_inputs say the same, and the names are sorted.
SELECT
  game_date,
  player_lookup AS entity,
  missing_inputs IS NOT NULL
  AND missing_inputs = list_sort(missing_inputs)
  AND abs(feature_completeness - (30 - len(missing_inputs)) / 30) < 1e-9 AS ok,
  'completeness ' || coalesce(CAST(round(feature_completeness, 3) AS VARCHAR), 'NULL') || ' with '
  || coalesce(CAST(len(missing_inputs) AS VARCHAR), 'no list of') || ' missing inputs' AS detail
FROM candidate
