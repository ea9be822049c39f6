//+------------------------------------------------------------------+
//|                                                RefusalCounts.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_REFUSALCOUNTS_MQH
#define MT5CONNECTOR_AGENT_REFUSALCOUNTS_MQH
//+------------------------------------------------------------------+
//| How often was refused, by code                                 |
//+------------------------------------------------------------------+
class CRefusalCounts
  {
private:
   string            m_codes[];
   long              m_counts[];
   long              m_total;
public:
                     CRefusalCounts(void);
   void              Note(const string code);
   long              Total(void) const { return(m_total); }
   string            Text(void) const;
  };
//+------------------------------------------------------------------+
//| Nothing was refused                                            |
//+------------------------------------------------------------------+
CRefusalCounts::CRefusalCounts(void)
  {
   m_total=0;
  }
//+------------------------------------------------------------------+
//| One more                                                       |
//+------------------------------------------------------------------+
void CRefusalCounts::Note(const string code)
  {
   int count=ArraySize(m_codes);
   int place=0;
   while(place<count && m_codes[place]!=code)
      place++;
   m_total++;
   if(place==count)
     {
      if(ArrayResize(m_counts,count+1,32)!=count+1 || ArrayResize(m_codes,count+1,32)!=count+1)
         return;
      m_codes[place]=code;
      m_counts[place]=0;
     }
   m_counts[place]++;
  }
//+------------------------------------------------------------------+
//| Codes with their counts, in the order of their first coming    |
//+------------------------------------------------------------------+
string CRefusalCounts::Text(void) const
  {
   string text="";
   for(int i=0; i<ArraySize(m_codes); i++)
     {
      if(i>0)
         text+=", ";
      text+=m_codes[i]+" "+(string)m_counts[i];
     }
   return(text);
  }
#endif
//+------------------------------------------------------------------+
