-- team_defense_game_summary (TDGS): the opponent's row of TOGS, mirrored.
SELECT
  game_date,
  game_id,
  opponent AS team,
  season,
  team AS opponent,
  game_code,
  NOT is_home AS is_home,
  points AS points_allowed,
  paint_fga AS opponent_paint_fga,
  paint_fgm AS opponent_paint_fgm,
  mid_range_fga AS opponent_mid_range_fga,
  mid_range_fgm AS opponent_mid_range_fgm,
  three_fga AS opponent_three_fga,
  three_fgm AS opponent_three_fgm,
  possessions AS opponent_possessions,
  100 * points / nullif(possessions, 0) AS defensive_rating
FROM team_offense_game_summary
