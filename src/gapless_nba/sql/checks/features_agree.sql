-- What the feature store takes over from other tables is what they hold.
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
  AND c.total_composite_adjustment IS NOT DISTINCT FROM p.total_composite_adjustment
  AND c.paint_rate IS NOT DISTINCT FROM z.paint_rate_last_10
  AND c.mid_range_rate IS NOT DISTINCT FROM z.mid_range_rate_last_10
  AND c.three_rate IS NOT DISTINCT FROM z.three_rate_last_10
  AND c.opponent_defensive_rating IS NOT DISTINCT FROM d.defensive_rating_last_15
  AND c.is_home = (split_part(c.game_code, '_', 3) = c.team)
  AND c.is_back_to_back IS NOT DISTINCT FROM (c.days_rest = 1) AS ok,
  'a feature differs from player_daily_cache, player_composite_factors or the zone analyses; there are '
  || CASE WHEN p.player_id IS NULL THEN 'no factors of him' ELSE 'factors of him' END AS detail
FROM candidate AS c
LEFT JOIN cache AS k
  ON k.game_date = c.game_date
  AND k.player_id = c.player_id
LEFT JOIN factors AS p
  ON p.game_date = c.game_date
  AND p.player_id = c.player_id
LEFT JOIN zones AS z
  ON z.game_date = c.game_date
  AND z.player_id = c.player_id
LEFT JOIN defense AS d
  ON d.game_date = c.game_date
  AND d.team = c.opponent
