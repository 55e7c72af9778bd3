-- What the feature store takes over from the daily cache and from the composite factors is what they hold.
SELECT
  c.game_date,
  c.player_lookup AS entity,
  k.player_id IS NOT NULL
  AND c.points_avg_last_5 IS NOT DISTINCT FROM k.points_avg_last_5
  AND c.points_avg_last_10 IS NOT DISTINCT FROM k.points_avg_last_10
  AND c.points_avg_season IS NOT DISTINCT FROM k.points_avg_season
  AND c.points_std_last_10 IS NOT DISTINCT FROM k.points_std_last_10
  AND c.games_last_7_days IS NOT DISTINCT FROM k.games_last_7_days
  AND c.team_pace IS NOT DISTINCT FROM k.team_pace_last_10
  AND c.team_offensive_rating IS NOT DISTINCT FROM k.team_offensive_rating_last_10
  AND c.context_source IS NOT DISTINCT FROM k.context_source
  AND c.fatigue_score IS NOT DISTINCT FROM p.fatigue_score
  AND c.shot_zone_mismatch_score IS NOT DISTINCT FROM p.shot_zone_mismatch_score
  AND c.pace_score IS NOT DISTINCT FROM p.pace_score
  AND c.usage_spike_score IS NOT DISTINCT FROM p.usage_spike_score
  AND c.total_composite_adjustment IS NOT DISTINCT FROM p.total_composite_adjustment AS ok,
  'a feature differs from player_daily_cache or player_composite_factors, which has '
  || CASE WHEN p.player_id IS NULL THEN 'no row of him' ELSE 'other values' END AS detail
FROM candidate AS c
LEFT JOIN cache AS k
  ON k.game_date = c.game_date
  AND k.player_id = c.player_id
LEFT JOIN factors AS p
  ON p.game_date = c.game_date
  AND p.player_id = c.player_id
